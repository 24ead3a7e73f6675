/** The files of `examples/`, which are what a newcomer sends. */
import { readFileSync } from 'node:fs'
import { root } from './cluster.ts'

export const example = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${root}examples/${name}`, 'utf8')) as Record<string, unknown>

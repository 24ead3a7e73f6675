/**
 * Numbers that keep places small. A file over a limit is written down in ratchet.json with its present size: it may
 * shrink, not grow. `node tools/tidy/ratchet.ts` rewrites the file downwards.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { deadExports, importsPastIndex } from './exports.ts'
import { overLimits, ratchetPath, sourceFiles } from './ratchet.ts'
import type { Ratchet } from './ratchet.ts'

test('no source file is over the limits of size, or larger than its ratchet allows', () => {
  const ratchet = JSON.parse(readFileSync(ratchetPath, 'utf8')) as Ratchet
  const complaints = Object.entries(overLimits()).flatMap(([path, sizes]) =>
    Object.entries(sizes)
      .filter(([name, size]) => size > (ratchet[path]?.[name] ?? 0))
      .map(([name, size]) => `${path}: ${name} is ${size}, allowed ${ratchet[path]?.[name] ?? 'the limit'}`),
  )
  assert.deepEqual(complaints, [])
})

test('no export is without anyone who takes it', () => {
  assert.deepEqual(deadExports(sourceFiles()), [])
})

test('nobody imports past the index of another folder', () => {
  assert.deepEqual(importsPastIndex(sourceFiles()), [])
})

test('only TODO(issue) and NOTE mark open ends', () => {
  const marks = sourceFiles().filter((path) => /\/\/.*\bTODO\b(?!\()|\bFIXME\b/.test(readFileSync(path, 'utf8')))
  assert.deepEqual(
    marks.filter((path) => !path.startsWith('tools/tidy/')),
    [],
  )
})

test('no private path or host of somebody’s machine is in the sources', () => {
  const found = sourceFiles().filter((path) => /\/(home|Users)\/[a-z]+\//.test(readFileSync(path, 'utf8')))
  assert.deepEqual(found, [])
})

/** The target that runs a test file, by its name; undefined of other files. */
function targetOf(path: string): string | undefined {
  if (path.endsWith('.component.test.ts')) return 'component'
  if (/\.test\.tsx?$/.test(path)) return 'test'
  if (!path.endsWith('.e2e.ts')) return undefined
  return /\/(timed|faults)\//.exec(path)?.[1] ?? 'e2e'
}

function targetsOfProject(path: string): Record<string, unknown> {
  const folder = dirname(path)
  const file = `${folder}/project.json`
  if (!existsSync(file)) return targetsOfProject(folder)
  return (JSON.parse(readFileSync(file, 'utf8')) as { targets: Record<string, unknown> }).targets
}

test('every test file is run: its project has the target of its level', () => {
  const forgotten = sourceFiles().filter((path) => {
    const target = targetOf(path)
    return target !== undefined && targetsOfProject(path)[target] === undefined
  })
  assert.deepEqual(forgotten, [])
})

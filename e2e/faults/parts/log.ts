/** What parts tell in their logs from some moment on. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Part } from './part.ts'

export type Event = { readonly at: number; readonly event: string; readonly part: Part }

const parseLine = (part: Part, text: string): Event | undefined => {
  // What a runtime prints when it ends badly is no JSON.
  if (!text.startsWith('{')) return undefined
  const { time, msg } = JSON.parse(text) as { time: number | string; msg: string }
  return { at: new Date(time).getTime(), event: msg, part }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

export class LogTail {
  readonly #from: readonly { readonly part: Part; readonly offset: number }[]

  /** Everything from now on. */
  constructor(parts: readonly Part[]) {
    this.#from = parts.map((part) => ({ part, offset: sizeOf(part.logPath) }))
  }

  /** Of all parts, in order of time. */
  events(): Event[] {
    return this.#from.flatMap(({ part, offset }) => eventsFrom(part, offset)).sort((a, b) => a.at - b.at)
  }
}

function eventsFrom(part: Part, offset: number): Event[] {
  const buffer = Buffer.alloc(Math.max(0, sizeOf(part.logPath) - offset))
  const file = openSync(part.logPath, 'r')
  readSync(file, buffer, 0, buffer.length, offset)
  closeSync(file)
  // The last line may still be being written.
  const lines = buffer.toString().split('\n').slice(0, -1)
  return lines.flatMap((text) => parseLine(part, text) ?? [])
}

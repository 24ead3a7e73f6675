import type { Writable } from 'node:stream'
import { LARGE_ANSWER_LIMITS } from './limits.ts'
import { grouped } from './pieces.ts'
import type { Pieces } from './pieces.ts'
import { inSlices } from './slices.ts'

/** How a large answer came out. `slow`: its reader took nothing for too long. */
export type Written = 'written' | 'gone' | 'slow'

/** Writes the pieces in order, without a copy of them, and makes the next when the reader has taken those before. */
export async function writePieces(
  to: Writable,
  pieces: Pieces,
  stallMs: number = LARGE_ANSWER_LIMITS.readerStallMs,
): Promise<Written> {
  const groups = grouped(pieces)
  const reader = new Reader(to, stallMs)
  let isWritten = false
  const writeGroup = (): boolean => {
    if (to.destroyed) return true
    const { done, value } = groups.next()
    isWritten = done === true
    return isWritten || (value !== undefined && !reader.take(value))
  }
  try {
    while (!isWritten) {
      // A fast reader takes every write at once: without turns it would get all of the answer in one.
      await inSlices(writeGroup)
      const outcome = await reader.drained()
      if (outcome !== 'written') return outcome
    }
    return 'written'
  } finally {
    groups.return(undefined)
    reader.close()
  }
}

/** The same for chunks that take time to come. */
export async function writeChunks(
  to: Writable,
  chunks: AsyncIterable<Uint8Array>,
  stallMs: number = LARGE_ANSWER_LIMITS.readerStallMs,
): Promise<Written> {
  const reader = new Reader(to, stallMs)
  try {
    for await (const chunk of chunks) {
      if (to.destroyed) return 'gone'
      if (reader.take([chunk])) continue
      const outcome = await reader.drained()
      if (outcome !== 'written') return outcome
    }
    return to.destroyed ? 'gone' : 'written'
  } finally {
    reader.close()
  }
}

/** Who takes what is written, and may be behind. */
class Reader {
  readonly #to: Writable
  readonly #stallMs: number
  #waiting: { readonly resolve: (outcome: Written) => void; readonly timer: NodeJS.Timeout } | undefined

  constructor(to: Writable, stallMs: number) {
    this.#to = to
    this.#stallMs = stallMs
    to.on('drain', this.#onDrain)
    to.on('close', this.#onClose)
  }

  /** Writes at once; whether more may follow. */
  take(pieces: readonly Uint8Array[]): boolean {
    this.#to.cork()
    for (const piece of pieces) this.#to.write(piece)
    this.#to.uncork()
    return !this.#to.writableNeedDrain
  }

  drained(): Promise<Written> {
    if (this.#to.destroyed) return Promise.resolve('gone')
    if (!this.#to.writableNeedDrain) return Promise.resolve('written')
    const { promise, resolve } = Promise.withResolvers<Written>()
    this.#waiting = { resolve, timer: setTimeout(() => this.#end('slow'), this.#stallMs) }
    return promise
  }

  close(): void {
    this.#to.off('drain', this.#onDrain)
    this.#to.off('close', this.#onClose)
    clearTimeout(this.#waiting?.timer)
  }

  readonly #onDrain = (): void => this.#end('written')
  readonly #onClose = (): void => this.#end('gone')

  #end(outcome: Written): void {
    clearTimeout(this.#waiting?.timer)
    this.#waiting?.resolve(outcome)
    this.#waiting = undefined
  }
}

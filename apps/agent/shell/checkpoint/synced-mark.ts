/**
 * How far the journal is known to be on disk: `<crc32> <generation> <bytes>` in a file beside it, overwritten after
 * every sync and not synced itself. It is never ahead of the journal, so a journal that ends before it has lost
 * something that others were told of; without it a cut at the end of a batch would look like a batch never written.
 */
import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { errnoOf } from '@thermosphere/effects'
import { checksum } from './journal-lines.ts'

export type Synced = { readonly generation: number; readonly bytes: number }

const NUMBER_WIDTH = 16
const PATTERN = /^([0-9a-f]{8}) (\d{16} \d{16})\n$/

export class SyncedMark {
  readonly #file: FileHandle

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(path: string): Promise<SyncedMark> {
    return new SyncedMark(await openOrCreate(path))
  }

  async write({ generation, bytes }: Synced): Promise<void> {
    const text = [generation, bytes].map((number) => String(number).padStart(NUMBER_WIDTH, '0')).join(' ')
    const line = `${checksum(Buffer.from(text))} ${text}\n`
    await this.#file.write(line, 0)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** `undefined` when there is none that can be read: a power failure may leave it empty, or older than its journal. */
export async function readSyncedMark(path: string): Promise<Synced | undefined> {
  const text = await readFile(path, 'latin1').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  })
  const [, sum, numbers = ''] = PATTERN.exec(text) ?? []
  if (sum === undefined || sum !== checksum(Buffer.from(numbers))) return undefined
  const [generation = 0, bytes = 0] = numbers.split(' ').map(Number)
  return { generation, bytes }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return await open(path, 'w+')
    throw error
  }
}

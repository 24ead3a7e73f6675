/**
 * The agent's checkpoint: an append-only file of batches. A batch is one line, `<crc32> <json>`, written and synced
 * before anybody is told of it; a torn last line is a batch that nobody was told of and is dropped.
 *
 *   meta/agent.journal   [["p",key,value] | ["d",key] | ["x",prefix], ...] per line
 *
 * When most of it is dead weight the live entries are written to a new file that takes its place (rename).
 */
import type { StoreWrite } from '@thermosphere/effects'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { AgentError, errnoOf } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'

const recordSchema = z.array(
  z.union([
    z.tuple([z.literal('p'), z.string(), z.string()]),
    z.tuple([z.literal('d'), z.string()]),
    z.tuple([z.literal('x'), z.string()]),
  ]),
)
type JournalRecord = z.infer<typeof recordSchema>

export type JournalOptions = {
  readonly path: string
  /** Corruption before the end of the file stops the agent; otherwise the damaged batches are left out. */
  readonly strict: boolean
}

/** Owns the file. `persist` must not be called again before its promise has resolved. */
export class Journal {
  readonly #path: string
  readonly #entries: Map<string, string>
  #file: FileHandle
  #bytes: number
  #liveBytes = 0
  /** Batches that were damaged and left out. */
  readonly damagedCount: number

  private constructor(path: string, file: FileHandle, loaded: Loaded) {
    this.#path = path
    this.#file = file
    this.#entries = loaded.entries
    this.#bytes = loaded.bytes
    this.damagedCount = loaded.damagedCount
    for (const [key, value] of this.#entries) this.#liveBytes += key.length + value.length
  }

  static async open({ path, strict }: JournalOptions): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true })
    const loaded = parseJournal(await readIfThere(path), { path, strict })
    const file = await open(path, 'a')
    await file.truncate(loaded.bytes)
    await syncDirectory(dirname(path))
    return new Journal(path, file, loaded)
  }

  entries(): ReadonlyMap<string, string> {
    return this.#entries
  }

  /** Resolves once the writes are on stable storage. */
  async persist(writes: readonly StoreWrite[]): Promise<void> {
    const line = encodeLine(writes.map(recordOf))
    await this.#file.appendFile(line)
    await this.#file.datasync()
    this.#bytes += line.length
    for (const write of writes) this.#apply(write)
    const isLarge = this.#bytes > LIMITS.journalCompactBytesMin
    if (isLarge && this.#bytes > this.#liveBytes * LIMITS.journalCompactRatio) await this.#compact()
  }

  #apply(write: StoreWrite): void {
    if (write.type === 'put') {
      this.#drop(write.key)
      this.#entries.set(write.key, write.value)
      this.#liveBytes += write.key.length + write.value.length
    } else if (write.type === 'delete') this.#drop(write.key)
    else for (const key of [...this.#entries.keys()]) if (key.startsWith(write.prefix)) this.#drop(key)
  }

  #drop(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#liveBytes -= key.length + value.length
    this.#entries.delete(key)
  }

  async #compact(): Promise<void> {
    const temporary = `${this.#path}.new`
    const file = await open(temporary, 'w')
    let bytes = 0
    for (const [key, value] of this.#entries) {
      const line = encodeLine([['p', key, value]])
      await file.appendFile(line)
      bytes += line.length
    }
    await file.datasync()
    await rename(temporary, this.#path)
    await syncDirectory(dirname(this.#path))
    const old = this.#file
    this.#file = file
    this.#bytes = bytes
    await old.close()
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

function recordOf(write: StoreWrite): JournalRecord[number] {
  if (write.type === 'put') return ['p', write.key, write.value]
  return write.type === 'delete' ? ['d', write.key] : ['x', write.prefix]
}

function encodeLine(record: JournalRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  const head = Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} `)
  return Buffer.concat([head, json, Buffer.from('\n')])
}

type Loaded = { readonly entries: Map<string, string>; readonly bytes: number; readonly damagedCount: number }

/** Replays the batches; exported for its tests. */
export function parseJournal(data: Buffer, { path, strict }: JournalOptions): Loaded {
  const entries = new Map<string, string>()
  let damagedCount = 0
  let start = 0
  while (start < data.length) {
    const end = data.indexOf(0x0a, start)
    if (end < 0) break
    const record = decodeLine(data.subarray(start, end))
    if (record === undefined) {
      if (end + 1 === data.length) break
      if (strict) throw corrupt(path, start)
      damagedCount++
    } else for (const write of record) replay(entries, write)
    start = end + 1
  }
  return { entries, bytes: start, damagedCount }
}

function decodeLine(line: Buffer): JournalRecord | undefined {
  if (line.length < 10 || line.length > LIMITS.journalLineBytesMax) return undefined
  const json = line.subarray(9)
  if (crc32(json) !== Number.parseInt(line.subarray(0, 8).toString('latin1'), 16)) return undefined
  return recordSchema.parse(JSON.parse(json.toString('utf8')))
}

function replay(entries: Map<string, string>, write: JournalRecord[number]): void {
  if (write[0] === 'p') entries.set(write[1], write[2])
  else if (write[0] === 'd') entries.delete(write[1])
  else for (const key of [...entries.keys()]) if (key.startsWith(write[1])) entries.delete(key)
}

function corrupt(path: string, offset: number): AgentError {
  return new AgentError(
    'AGENT_JOURNAL_CORRUPT',
    `the checkpoint ${path} is damaged at byte ${offset}; restore it, remove it, or start with --strict=false`,
  )
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

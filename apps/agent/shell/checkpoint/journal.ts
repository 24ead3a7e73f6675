/**
 * The agent's checkpoint: an append-only file of batches. A batch is one line, `<crc32> <json>`, written and synced
 * before anybody is told of it; a torn last line is a batch that nobody was told of and is dropped.
 *
 *   meta/agent.journal          [["g",generation]] and then [["p",key,value] | ["d",key] | ["x",prefix], ...] per line
 *   meta/agent.journal.synced   how far that is known to be on disk (synced-mark.ts)
 *
 * When most of it is dead weight the live entries are written to a new file, of the next generation, that takes its
 * place (rename).
 */
import { errnoOf } from '@thermosphere/effects'
import type { StoreWrite } from '@thermosphere/effects'
import { copyFile, mkdir, open, readFile, rename } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AgentError } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import { encodeLine, parseLines, recordOf } from './journal-lines.ts'
import type { Loaded } from './journal-lines.ts'
import { readSyncedMark, SyncedMark } from './synced-mark.ts'
import type { Synced } from './synced-mark.ts'

export type JournalOptions = {
  readonly path: string
  /** Damage stops the agent; otherwise everything from the damage on is left out. */
  readonly strict: boolean
}

/** What was left out of a damaged journal, and where the damaged file is kept for whoever wants to look. */
export type JournalDamage = { readonly problem: string; readonly droppedBytes: number; readonly savedAs: string }

/** Owns the file. `persist` must not be called again before its promise has resolved. */
export class Journal {
  readonly #path: string
  readonly #mark: SyncedMark
  readonly #entries: Map<string, string>
  #file: FileHandle
  #bytes: number
  #generation: number
  #liveBytes = 0
  readonly damage: JournalDamage | undefined

  private constructor(
    place: { readonly path: string; readonly file: FileHandle; readonly mark: SyncedMark },
    { entries, bytes, generation }: Loaded,
    damage: JournalDamage | undefined,
  ) {
    this.#path = place.path
    this.#file = place.file
    this.#mark = place.mark
    this.#entries = entries
    this.#bytes = bytes
    this.#generation = generation
    this.damage = damage
    for (const [key, value] of this.#entries) this.#liveBytes += key.length + value.length
  }

  /** Throws AGENT_JOURNAL_CORRUPT when the file is damaged and `strict`; nothing is changed then. */
  static async open({ path, strict }: JournalOptions): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true })
    const data = await readIfThere(path)
    const synced = await readSyncedMark(markPath(path))
    const loaded = parseLines(data ?? Buffer.alloc(0))
    // Whoever removes the file wants to begin anew.
    const problem = data === undefined ? undefined : problemOf(loaded, { synced, length: data.length })
    if (problem !== undefined && strict) throw corrupt(path, problem)
    const damage = problem === undefined ? undefined : await setAside(path, problem, (data?.length ?? 0) - loaded.bytes)
    const file = await open(path, 'a')
    await file.truncate(loaded.bytes)
    const journal = new Journal({ path, file, mark: await SyncedMark.open(markPath(path)) }, loaded, damage)
    await journal.#begin(Math.max(loaded.generation, synced?.generation ?? 0))
    return journal
  }

  entries(): ReadonlyMap<string, string> {
    return this.#entries
  }

  /** Resolves once the writes are on stable storage. */
  async persist(writes: readonly StoreWrite[]): Promise<void> {
    await this.#append(encodeLine(writes.map(recordOf)))
    for (const write of writes) this.#apply(write)
    const isLarge = this.#bytes > LIMITS.journalCompactBytesMin
    if (isLarge && this.#bytes > this.#liveBytes * LIMITS.journalCompactRatio) await this.#compact()
  }

  async #append(line: Buffer): Promise<void> {
    await this.#file.appendFile(line)
    await this.#file.datasync()
    this.#bytes += line.length
    await this.#tellSynced()
  }

  async #tellSynced(): Promise<void> {
    await this.#mark.write({ generation: this.#generation, bytes: this.#bytes })
  }

  /** A file that is empty, or was cut, is of a generation of its own: marks of before do not speak of it. */
  async #begin(generation: number): Promise<void> {
    const isNew = this.#bytes === 0 || this.damage !== undefined
    this.#generation = isNew ? generation + 1 : generation
    if (isNew) await this.#append(encodeLine([['g', this.#generation]]))
    await this.#file.datasync()
    await syncDirectory(dirname(this.#path))
    await this.#tellSynced()
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
    const generation = this.#generation + 1
    const head = encodeLine([['g', generation]])
    await file.appendFile(head)
    let bytes = head.length
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
    this.#generation = generation
    await this.#tellSynced()
    await old.close()
  }

  async close(): Promise<void> {
    await this.#mark.close()
    await this.#file.close()
  }
}

const markPath = (path: string): string => `${path}.synced`

/** What is wrong with the file, in words; `undefined` for one that is whole or ends in the middle of a write. */
function problemOf(
  loaded: Loaded,
  { synced, length }: { readonly synced: Synced | undefined; readonly length: number },
): string | undefined {
  const { bytes, generation, isBroken } = loaded
  if (isBroken) return `it is damaged at byte ${bytes} of ${length}`
  if (synced === undefined || synced.generation < generation) return undefined
  if (synced.generation > generation && bytes > 0) return 'it is older than what this agent wrote last'
  if (bytes >= synced.bytes) return undefined
  return length >= synced.bytes
    ? `it is damaged at byte ${bytes} of ${length}`
    : `it ends at byte ${length}, but ${synced.bytes} bytes were on disk`
}

/** Keeps the damaged file beside the one that goes on without what cannot be read. */
async function setAside(path: string, problem: string, droppedBytes: number): Promise<JournalDamage> {
  const savedAs = `${path}.damaged-${Date.now()}`
  await copyFile(path, savedAs)
  return { problem, droppedBytes, savedAs }
}

function corrupt(path: string, problem: string): AgentError {
  const advice =
    'restore the file from a backup; or start with --strict=false to go on with what can be read of it ' +
    '(tasks that were launched later are ended and reported); or remove it to join as a new agent without tasks'
  return new AgentError('AGENT_JOURNAL_CORRUPT', `the checkpoint ${path} cannot be trusted: ${problem}; ${advice}`)
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
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

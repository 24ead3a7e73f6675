/** Where a framework keeps its id, so that a later instance of it takes over its tasks. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { z } from 'zod'
import { FrameworkError } from '../errors.ts'
import { ID_CHARS_MAX } from '../limits.ts'

/** Any method may reject: the framework then ends with ID_STORE_FAILED, because without its id its tasks are lost. */
export interface FrameworkIdStore {
  /** The id that was saved last; undefined if there is none. */
  load(): Promise<string | undefined>
  /** Resolves when the id is durable. No offer is handed out before. */
  save(frameworkId: string): Promise<void>
  /** Forgets the id: the framework was torn down. */
  clear(): Promise<void>
}

const storedSchema = z.object({ version: z.literal(1), frameworkId: z.string().min(1).max(ID_CHARS_MAX) })

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function parseStored(path: string, text: string): string {
  try {
    return storedSchema.parse(JSON.parse(text)).frameworkId
  } catch (cause) {
    const message = `${path} does not hold a framework id: restore it, or remove it to begin without the old tasks`
    throw new FrameworkError('ID_STORE_FAILED', message, { cause })
  }
}

/** Written beside, synced and moved into place: a crash leaves the old file or the new one. */
async function writeDurably(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(`${path}.new`, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** A file of its own. Its folder is made if it is not there. One instance of the framework uses it at a time. */
export function fileIdStore(path: string): FrameworkIdStore {
  return {
    async load() {
      const text = await readOrUndefined(path)
      return text === undefined ? undefined : parseStored(path, text)
    },
    save: (frameworkId) => writeDurably(path, `${JSON.stringify({ version: 1, frameworkId })}\n`),
    clear: () => rm(path, { force: true }),
  }
}

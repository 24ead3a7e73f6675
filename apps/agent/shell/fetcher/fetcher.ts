import { errorMessage } from '@thermosphere/effects'
import type { LaunchPlan } from '@thermosphere/agent-core'
import { appendFile, chmod, chown, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgentError } from '../../errors.ts'
import { userIds } from '../containers/sandbox.ts'
import type { UserIds } from '../containers/sandbox.ts'
import { download } from './download.ts'
import { FetchCache } from './fetch-cache.ts'
import { extract, isArchive } from './unpack.ts'

type Uri = LaunchPlan['uris'][number]

export type FetcherOptions = {
  readonly cacheDir: string
  readonly cacheBytesMax: number
  readonly stallTimeoutMs: number
  /** Relative URIs are found here. */
  readonly frameworksHome: string | undefined
}

type Place = { readonly plan: LaunchPlan; readonly owner: UserIds | undefined; readonly signal: AbortSignal }

/** Brings what a task asks for into its sandbox, one URI after the other. */
export class Fetcher {
  readonly #options: FetcherOptions
  readonly #cache: FetchCache
  #succeeded = 0
  #failed = 0

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#cache = new FetchCache(options)
  }

  counts(): { readonly succeeded: number; readonly failed: number; readonly cacheBytes: number } {
    return { succeeded: this.#succeeded, failed: this.#failed, cacheBytes: this.#cache.usedBytes }
  }

  /** An earlier agent's cache is not trusted. */
  async prepare(): Promise<void> {
    await this.#cache.clear()
  }

  async fetchAll(plan: LaunchPlan, signal: AbortSignal): Promise<void> {
    if (plan.uris.length === 0) return
    const owner = plan.user === undefined ? undefined : await userIds(plan.user)
    try {
      for (const uri of plan.uris) await this.#fetch(uri, { plan, owner, signal })
      this.#succeeded++
    } catch (cause) {
      this.#failed++
      await tell(plan, `Failed to fetch: ${errorMessage(cause)}\n`)
      throw new AgentError(
        'AGENT_FETCH_FAILED',
        `Failed to fetch all URIs for container '${plan.containerId}': ${errorMessage(cause)}`,
        { cause },
      )
    }
  }

  async #fetch(uri: Uri, place: Place): Promise<void> {
    const target = targetOf(uri, place.plan.sandbox)
    await mkdir(dirname(target), { recursive: true })
    const source = uri.cache === true ? await this.#cache.find(uri.value, place.plan.user, place.signal) : undefined
    if (source === undefined) await this.#bring(uri.value, target, place.signal)
    const isExecutable = uri.executable === true
    if (!isExecutable && (uri.extract ?? true) && isArchive(uri.value)) {
      await extract(source ?? target, { name: uri.value, directory: place.plan.sandbox, signal: place.signal })
      if (place.owner !== undefined) await chownTree(place.plan.sandbox, place.owner)
      return
    }
    if (source !== undefined) await copyFile(source, target)
    if (isExecutable) await chmod(target, 0o755)
    if (place.owner !== undefined) await chown(target, place.owner.uid, place.owner.gid)
  }

  async #bring(uri: string, target: string, signal: AbortSignal): Promise<void> {
    if (/^https?:/i.test(uri)) {
      await download(uri, { target, signal, stallTimeoutMs: this.#options.stallTimeoutMs })
      return
    }
    const path = this.#localPath(uri)
    // Atomic: a task never sees half a file under the final name.
    await copyFile(path, `${target}.part`)
    await rename(`${target}.part`, target)
    await chmod(target, (await stat(path)).mode & 0o777)
  }

  #localPath(uri: string): string {
    if (uri.startsWith('file://')) return fileURLToPath(uri)
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(uri)?.[1]
    if (scheme !== undefined) throw new Error(`${scheme} is not supported; use file, http or https (${uri})`)
    if (isAbsolute(uri)) return uri
    const { frameworksHome } = this.#options
    if (frameworksHome === undefined) throw new Error(`${uri} is relative and --frameworks_home is not set`)
    return join(frameworksHome, uri)
  }
}

/** `output_file`, or the last part of the URI. */
function targetOf(uri: Uri, sandbox: string): string {
  const named = uri.output_file
  if (named !== undefined && named !== '') {
    if (isAbsolute(named) || normalize(named).split('/').includes('..')) {
      throw new Error(`output_file ${named} leads out of the sandbox`)
    }
    return join(sandbox, named)
  }
  const name = basename(uri.value.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, ''))
  if (name === '' || name === '..' || name === '.') throw new Error(`no file name can be told from ${uri.value}`)
  return join(sandbox, name)
}

async function chownTree(directory: string, owner: UserIds): Promise<void> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  await promisify(execFile)('chown', ['-hR', `${owner.uid}:${owner.gid}`, directory])
}

/** The task's stderr tells what its fetcher had to say. */
async function tell(plan: LaunchPlan, text: string): Promise<void> {
  await appendFile(join(plan.sandbox, 'stderr'), text).catch(() => rm(join(plan.sandbox, 'stderr'), { force: true }))
}

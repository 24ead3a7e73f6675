import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { errorMessage } from '@thermosphere/effects'
import { LIMITS } from '../../limits.ts'

export type DownloadOptions = {
  readonly target: string
  readonly signal: AbortSignal
  readonly stallTimeoutMs: number
}

/** Downloads to `target`; nothing is left there when it fails. Redirects are followed. */
export async function download(url: string, { target, signal, stallTimeoutMs }: DownloadOptions): Promise<void> {
  const stall = new AbortController()
  const limits = AbortSignal.any([signal, stall.signal, AbortSignal.timeout(LIMITS.fetchTotalMs)])
  const watch = new StallWatch(stallTimeoutMs, () => stall.abort(new Error(`${url} stalled for ${stallTimeoutMs} ms`)))
  const part = `${target}.part`
  try {
    const response = await fetch(url, { signal: limits, redirect: 'follow' })
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`)
    // Node's fetch gives the web stream that Readable.fromWeb takes; only the type libraries disagree.
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>)
    await pipeline(body, meter(url, watch), createWriteStream(part), { signal: limits })
    await rename(part, target)
  } catch (error) {
    await rm(part, { force: true })
    throw describe(url, error, stall.signal)
  } finally {
    watch.stop()
  }
}

function meter(url: string, watch: StallWatch): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      watch.touch()
      if (bytes > LIMITS.fetchBytesMax) done(new Error(`${url} is larger than ${LIMITS.fetchBytesMax} bytes`))
      else done(null, chunk)
    },
  })
}

function describe(url: string, error: unknown, stalled: AbortSignal): Error {
  if (stalled.aborted && stalled.reason instanceof Error) return stalled.reason
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  const text = errorMessage(error)
  return new Error(text.includes(url) ? text : `${url}: ${text}${cause}`, { cause: error })
}

/** Fires when nothing has come for a while. */
class StallWatch {
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, onStall: () => void) {
    this.#timer = setTimeout(onStall, ms)
  }

  touch(): void {
    this.#timer.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

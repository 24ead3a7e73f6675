import { delay, isAbort } from '@thermosphere/service-kit'
import type { Response } from 'express'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { LIMITS } from '../../limits.ts'

/** Streams a file from `offset` and goes on as it grows; ends when the client goes. A truncated file begins anew. */
export async function followFile(path: string, offset: number, response: Response): Promise<void> {
  const file = await open(path, 'r')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  })
  response.flushHeaders()
  try {
    await pump(file, { offset, response, signal: gone.signal })
  } catch (error) {
    if (!isAbort(error)) response.destroy()
  } finally {
    await file.close()
  }
}

type Pump = { readonly offset: number; readonly response: Response; readonly signal: AbortSignal }

async function pump(file: FileHandle, { offset, response, signal }: Pump): Promise<void> {
  const buffer = Buffer.alloc(LIMITS.fileReadBytesMax)
  let position = offset < 0 ? (await file.stat()).size : offset
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) {
      if ((await file.stat()).size < position) position = 0
      else await delay(LIMITS.followPollMs, signal)
      continue
    }
    position += bytesRead
    // A slow reader holds the file back instead of filling our memory.
    if (!response.write(Buffer.from(buffer.subarray(0, bytesRead)))) await once(response, 'drain', { signal })
  }
}

/** The standard streams of a container as pipes of this agent, or as what a longer-lived container writes to files. */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { FOLLOW_BYTES, FOLLOW_INTERVAL_MS } from '../limits.ts'
import type { ContainerIo } from '../containerizer.ts'
import { fifoPath, readFifo, writeFifo } from './fifos.ts'

export type ContainerStreams = Pick<ContainerIo, 'stdin' | 'stdout' | 'stderr'>

/** Before the container is started: it waits for nobody then. */
export function openAgentStreams(directory: string): ContainerStreams {
  return {
    stdin: writeFifo(fifoPath(directory, 'stdin')),
    stdout: readFifo(fifoPath(directory, 'stdout')),
    stderr: readFifo(fifoPath(directory, 'stderr')),
  }
}

/** What is written from now on. `hasEnded` says that no more will come. */
export async function openFileStreams(
  place: { readonly directory: string; readonly sandbox: string },
  hasEnded: () => boolean,
): Promise<ContainerStreams> {
  const [stdout, stderr] = await Promise.all(
    ['stdout', 'stderr'].map(async (name) => {
      const file = await open(join(place.sandbox, name), 'r')
      return Readable.from(follow(file, (await file.stat()).size, hasEnded), { objectMode: false })
    }),
  )
  const none = (): Readable => Readable.from([])
  return {
    stdin: writeFifo(fifoPath(place.directory, 'stdin')),
    stdout: stdout ?? none(),
    stderr: stderr ?? none(),
  }
}

async function* follow(file: FileHandle, from: number, hasEnded: () => boolean): AsyncGenerator<Buffer> {
  let position = from
  try {
    for (;;) {
      // Asked before the read: what was written before the end is then read.
      const isLast = hasEnded()
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(FOLLOW_BYTES), position })
      position += bytesRead
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
      else if (isLast) return
      else await sleep(FOLLOW_INTERVAL_MS)
    }
  } finally {
    await file.close()
  }
}

export function closeStreams({ stdin, stdout, stderr }: ContainerStreams): void {
  for (const stream of [stdin, stdout, stderr]) stream.destroy()
}

/** Named pipes in a container's runtime directory, opened so that neither side waits for the other. */
import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Readable, Writable } from 'node:stream'
import type { ContainerIoSpec } from '../containerizer.ts'

const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants

export type StreamName = 'stdin' | 'stdout' | 'stderr'

export function fifoPath(directory: string, name: StreamName): string {
  return join(directory, name)
}

/** Makes the pipes that a container with this `io` needs; they are readable by root alone. */
export async function makeFifos(directory: string, { output }: ContainerIoSpec): Promise<void> {
  const names: StreamName[] = output === 'agent' ? ['stdin', 'stdout', 'stderr'] : ['stdin']
  await promisify(execFile)('mkfifo', ['--mode=600', ...names.map((name) => fifoPath(directory, name))])
}

/** Shell lines by which the container opens them, while it still has the agent's rights. */
export function openFifoLines({ output }: ContainerIoSpec): readonly string[] {
  // A container whose input outlives the agent is a writer of it itself: it sees no end when the agent goes.
  return [output === 'agent' ? 'exec 7<"$d/stdin" 8>"$d/stdout" 9>"$d/stderr"' : 'exec 7<>"$d/stdin"']
}

/** Comes to its end when the last process of the container has closed it. */
export function readFifo(path: string): Readable {
  const socket = new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false })
  // What cannot be read any more has ended.
  return socket.on('error', () => socket.destroy()).pause()
}

/** Opened for both directions, so that it is there before its reader is. */
export function writeFifo(path: string): Writable {
  const fd = openSync(path, O_RDWR | O_NONBLOCK)
  try {
    const socket = new Socket({ fd, readable: false, writable: true })
    // The reader has gone, or the pipe does not know how to be shut down by halves: it is closed as a whole.
    return socket.on('error', () => socket.destroy()).on('finish', () => socket.destroy())
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

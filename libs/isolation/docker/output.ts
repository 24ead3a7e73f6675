/**
 * Copies a container's output from the engine's log into the files of its sandbox. The log is read from its start; what
 * is in the files already (an earlier agent wrote it) is skipped, so nothing is lost or written twice by a restart.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '@thermosphere/effects'
import { asIsolationError } from '../errors.ts'
import type { OutputOffsets } from './create-options.ts'
import type { FileHandle } from 'node:fs/promises'

type StreamName = 'stdout' | 'stderr'
export type Frame = { readonly stream: StreamName; readonly data: Buffer }

const HEADER_BYTES = 8

/** Takes the engine's multiplexed log apart: frames of stream number, length, data. */
export class FrameReader {
  #stream: StreamName = 'stdout'
  #remaining = 0
  #header = Buffer.alloc(0)

  /** The data in this chunk; a frame may be spread over several. */
  push(chunk: Buffer): readonly Frame[] {
    const frames: Frame[] = []
    for (let rest = chunk; rest.length > 0;) {
      if (this.#remaining === 0) rest = this.#readHeader(rest)
      const data = rest.subarray(0, this.#remaining)
      if (data.length > 0) frames.push({ stream: this.#stream, data })
      this.#remaining -= data.length
      rest = rest.subarray(data.length)
    }
    return frames
  }

  #readHeader(chunk: Buffer): Buffer {
    const missing = HEADER_BYTES - this.#header.length
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)])
    if (this.#header.length === HEADER_BYTES) {
      this.#stream = this.#header[0] === 2 ? 'stderr' : 'stdout'
      this.#remaining = this.#header.readUInt32BE(4)
      this.#header = Buffer.alloc(0)
    }
    return chunk.subarray(missing)
  }
}

/** Appends what comes after the first `skip` bytes. */
class SandboxFile {
  readonly #handle: FileHandle
  #skip: number

  constructor(handle: FileHandle, skip: number) {
    this.#handle = handle
    this.#skip = skip
  }

  async write(data: Buffer): Promise<void> {
    const fresh = data.subarray(Math.min(this.#skip, data.length))
    this.#skip -= data.length - fresh.length
    if (fresh.length === 0) return
    await this.#handle.appendFile(fresh).catch((error: unknown) => {
      throw asIsolationError(error, 'cannot write to the sandbox')
    })
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

// The container may write to its sandbox: a link that it puts there must not lead the agent to another file.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

async function openOutput(sandbox: string, name: StreamName): Promise<FileHandle> {
  try {
    return await open(join(sandbox, name), FLAGS, 0o644)
  } catch (error) {
    throw asIsolationError(error, `cannot write ${name} in the sandbox ${sandbox}`)
  }
}

/** Makes the file if there is none, and tells how much is in it. Links are left to fail when they are written to. */
async function prepareOne(sandbox: string, name: StreamName): Promise<number> {
  try {
    const handle = await openOutput(sandbox, name)
    const { size } = await handle.stat()
    await handle.close()
    return size
  } catch (error) {
    if (error instanceof Error && errnoOf(error.cause) === 'ELOOP') return 0
    throw error
  }
}

/** The output files as they are before the container writes to them. */
export async function prepareOutput(sandbox: string): Promise<OutputOffsets> {
  return { stdout: await prepareOne(sandbox, 'stdout'), stderr: await prepareOne(sandbox, 'stderr') }
}

async function openFile(sandbox: string, name: StreamName, offsets: OutputOffsets): Promise<SandboxFile> {
  const handle = await openOutput(sandbox, name)
  return new SandboxFile(handle, Math.max(0, (await handle.stat()).size - offsets[name]))
}

export type CopyOutput = {
  readonly log: AsyncIterable<Buffer>
  readonly sandbox: string
  readonly offsets: OutputOffsets
  /** With a terminal both streams are one and nothing frames them. */
  readonly isTty: boolean
}

/** Resolves at the end of the log. */
export async function copyOutput({ log, sandbox, offsets, isTty }: CopyOutput): Promise<void> {
  const stdout = await openFile(sandbox, 'stdout', offsets)
  const stderr = await openFile(sandbox, 'stderr', offsets)
  const reader = new FrameReader()
  try {
    for await (const chunk of log) {
      const frames: readonly Frame[] = isTty ? [{ stream: 'stdout', data: chunk }] : reader.push(chunk)
      for (const { stream, data } of frames) await (stream === 'stdout' ? stdout : stderr).write(data)
    }
  } finally {
    await Promise.all([stdout.close(), stderr.close()])
  }
}

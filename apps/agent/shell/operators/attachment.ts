import type { ContainerIo } from '@thermosphere/isolation'
import { finished } from 'node:stream'
import type { Readable } from 'node:stream'

export type OutputName = 'STDOUT' | 'STDERR'

/** Who reads what a container says. */
export type OutputListener = {
  /** False asks to hold the container back until `drained` is called. */
  write(name: OutputName, data: Buffer): boolean
  /** Everything was said. */
  end(): void
}

/**
 * The open streams of a container. Output is read from the first listener on and given to all who listen then; nothing
 * is kept for those who come later. A listener that does not keep up holds the container back.
 */
export class Attachment {
  readonly #io: ContainerIo
  readonly #onClose: () => void
  readonly #listeners = new Set<OutputListener>()
  readonly #behind = new Set<OutputListener>()
  readonly #ended = Promise.withResolvers<void>()
  #openStreams = 2
  #hasInput = false
  #isStarted = false
  #isClosed = false

  constructor(io: ContainerIo, onClose: () => void) {
    this.#io = io
    this.#onClose = onClose
  }

  /** Resolves when the container has said everything. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get io(): ContainerIo {
    return this.#io
  }

  listen(listener: OutputListener): void {
    if (this.#openStreams === 0) return listener.end()
    this.#listeners.add(listener)
    if (this.#isStarted) return
    this.#isStarted = true
    this.#read(this.#io.stdout, 'STDOUT')
    this.#read(this.#io.stderr, 'STDERR')
  }

  unlisten(listener: OutputListener): void {
    this.#listeners.delete(listener)
    this.drained(listener)
    this.#closeIfIdle()
  }

  drained(listener: OutputListener): void {
    if (!this.#behind.delete(listener) || this.#behind.size > 0) return
    this.#io.stdout.resume()
    this.#io.stderr.resume()
  }

  /** False when another has the input; one that has it gives it back. */
  takeInput(): boolean {
    if (this.#hasInput) return false
    this.#hasInput = true
    return true
  }

  giveInputBack(): void {
    this.#hasInput = false
    this.#closeIfIdle()
  }

  /** What goes on without us is opened again by the next who comes. */
  #closeIfIdle(): void {
    if (this.#io.output === 'file' && this.#listeners.size === 0 && !this.#hasInput) this.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { stdin, stdout, stderr } = this.#io
    for (const stream of [stdin, stdout, stderr]) stream.destroy()
    this.#onClose()
  }

  #read(stream: Readable, name: OutputName): void {
    stream.on('data', (data: Buffer) => this.#tell(name, data))
    // A stream that ends with nothing to read does so without a reader, and may have before there was one.
    finished(stream, { writable: false }, () => this.#onStreamEnd())
    stream.resume()
  }

  #tell(name: OutputName, data: Buffer): void {
    for (const listener of this.#listeners) if (!listener.write(name, data)) this.#behind.add(listener)
    if (this.#behind.size === 0) return
    this.#io.stdout.pause()
    this.#io.stderr.pause()
  }

  #onStreamEnd(): void {
    this.#openStreams--
    if (this.#openStreams > 0) return
    for (const listener of this.#listeners) listener.end()
    this.#listeners.clear()
    this.#ended.resolve()
    this.close()
  }
}

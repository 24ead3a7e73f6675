/** Messages of gRPC on a stream of bytes: a byte that says whether it is compressed, four of length, the message. */

const PREFIX_BYTES = 5

/** A message with its prefix. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, PREFIX_BYTES)
  return frame
}

/** A message over the bound; it is not read. */
export class MessageTooLongError extends Error {}

/** Bytes in, whole messages out. What is returned shares memory with what was given. */
export class FrameReader {
  readonly #bytesMax: number
  #chunks: Buffer[] = []
  #byteCount = 0
  /** Of the frame that `#chunks` begins with, once its prefix is there. */
  #frameBytes: number | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#byteCount += chunk.length
  }

  /** The next message, if all of it is here. */
  next(): Buffer | undefined {
    this.#frameBytes ??= this.#readPrefix()
    if (this.#frameBytes === undefined || this.#byteCount < this.#frameBytes) return undefined
    const all = this.#joined()
    const message = all.subarray(PREFIX_BYTES, this.#frameBytes)
    const rest = all.subarray(this.#frameBytes)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#byteCount = rest.length
    this.#frameBytes = undefined
    return message
  }

  #readPrefix(): number | undefined {
    if (this.#byteCount < PREFIX_BYTES) return undefined
    const first = this.#joined()
    if (first[0] !== 0) throw new Error('a compressed message, which was not offered')
    const bytes = first.readUInt32BE(1)
    if (bytes > this.#bytesMax)
      throw new MessageTooLongError(`a message of ${bytes} bytes; at most ${this.#bytesMax} are read`)
    return PREFIX_BYTES + bytes
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && this.#chunks.length === 1) return first
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

/** HTTP/1.1 answers as bytes: what a client of short answers needs of the format (RFC 9112). */
import { ANSWER_BYTES_MAX } from '../limits.ts'

export type ReadAnswer = {
  readonly status: number
  readonly text: string
  /** The server takes no request on this connection any more, and has not looked at those that it got since. */
  readonly isLast: boolean
  /** How many of the bytes it took. */
  readonly length: number
}

type Head = { readonly status: number; readonly fields: string; readonly isOfHttp10: boolean }
type Body = { readonly bytes: Uint8Array; readonly end: number }

const headEnd = '\r\n\r\n'
const lineEnd = '\r\n'
const headBytesMax = 65_536
const noBody = new Uint8Array()

/**
 * The answer that begins with the first byte; undefined while it is not all there. `isEnded`: no more bytes will come.
 * Throws Error on what is no answer. A text over the bound is cut, and the answer is the last of its connection.
 */
export function readAnswer(bytes: Buffer, { isEnded = false } = {}): ReadAnswer | undefined {
  const end = bytes.indexOf(headEnd)
  if (end < 0 && bytes.length <= headBytesMax) return undefined
  if (end < 0) throw new Error('the server does not speak HTTP/1.1, or its fields are too long')
  const head = parseHead(bytes.toString('latin1', 0, end))
  const from = end + headEnd.length
  if (head.status < 200) return afterInterim(bytes, from, isEnded)
  const body = readBody(bytes, from, head)
  const closes = body === 'until the end' || isLastAnswer(head)
  if (body !== undefined && body !== 'until the end') return answer(head, body, closes)
  const isTooLarge = bytes.length - from > ANSWER_BYTES_MAX
  if (!isTooLarge && !(isEnded && body === 'until the end')) return undefined
  return answer(head, { bytes: bytes.subarray(from, from + ANSWER_BYTES_MAX), end: bytes.length }, true)
}

const answer = ({ status }: Head, { bytes, end }: Body, isLast: boolean): ReadAnswer => ({
  status,
  text: bytes.length === 0 ? '' : Buffer.from(bytes).toString('utf8'),
  isLast,
  length: end,
})

/** 100 Continue and its kind come before the answer. */
function afterInterim(bytes: Buffer, from: number, isEnded: boolean): ReadAnswer | undefined {
  const read = readAnswer(bytes.subarray(from), { isEnded })
  return read && { ...read, length: read.length + from }
}

function parseHead(text: string): Head {
  const [, minor, status] = /^HTTP\/1\.(\d) (\d{3})/.exec(text) ?? []
  if (status === undefined) throw new Error('the server does not speak HTTP/1.1')
  return { status: Number(status), fields: `${text}${lineEnd}`, isOfHttp10: minor === '0' }
}

const contentLength = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n/i
const chunked = /\r\ntransfer-encoding:[^\r]*\bchunked[ \t]*\r\n/i
const close = /\r\nconnection:[^\r]*\bclose\b/i
const keepAlive = /\r\nconnection:[^\r]*\bkeep-alive\b/i

const isLastAnswer = ({ fields, isOfHttp10 }: Head): boolean =>
  close.test(fields) || (isOfHttp10 && !keepAlive.test(fields))

function readBody(bytes: Buffer, from: number, { status, fields }: Head): Body | 'until the end' | undefined {
  if (status === 204 || status === 304) return { bytes: noBody, end: from }
  if (chunked.test(fields)) return readChunks(bytes, from)
  const length = contentLength.exec(fields)?.[1]
  if (length === undefined) return 'until the end'
  const end = from + Number(length)
  return bytes.length < end ? undefined : { bytes: bytes.subarray(from, end), end }
}

function readChunks(bytes: Buffer, from: number): Body | undefined {
  const chunks: Uint8Array[] = []
  for (let at = from; ;) {
    const lineEndAt = bytes.indexOf(lineEnd, at)
    if (lineEndAt < 0) return undefined
    const size = /^[0-9a-f]{1,8}/i.exec(bytes.toString('latin1', at, lineEndAt))?.[0]
    if (size === undefined) throw new Error('the server sent a chunk without a size')
    const begin = lineEndAt + lineEnd.length
    const end = begin + Number.parseInt(size, 16)
    if (end === begin) return afterTrailers(bytes, begin, chunks)
    if (bytes.length < end + lineEnd.length) return undefined
    chunks.push(bytes.subarray(begin, end))
    at = end + lineEnd.length
  }
}

/** Trailers are fields as well, and end with an empty line. */
function afterTrailers(bytes: Buffer, from: number, chunks: readonly Uint8Array[]): Body | undefined {
  if (bytes.length < from + lineEnd.length) return undefined
  const isEmpty = bytes.toString('latin1', from, from + lineEnd.length) === lineEnd
  const end = isEmpty ? from + lineEnd.length : bytes.indexOf(headEnd, from) + headEnd.length
  return end < from + lineEnd.length ? undefined : { bytes: Buffer.concat(chunks), end }
}

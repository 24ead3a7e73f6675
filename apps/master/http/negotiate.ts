import type { IncomingMessage } from 'node:http'
import type { Encoding } from '../shell/streams/event-streams.ts'

const encodings: readonly Encoding[] = ['application/json', 'application/x-protobuf']

/** The encoding of a request's body; undefined if it is none of ours, null if it is not said. */
export function requestEncoding(request: IncomingMessage): Encoding | undefined | null {
  const header = request.headers['content-type']
  if (header === undefined || header === '') return null
  const type = header.split(';', 1)[0]?.trim().toLowerCase()
  return encodings.find((encoding) => encoding === type)
}

/** The first of JSON and protobuf that the client takes; other preferences are not ranked, as in Mesos. */
export function acceptedEncoding(request: IncomingMessage): Encoding | undefined {
  const header = request.headers.accept
  if (header === undefined || header.trim() === '') return encodings[0]
  const ranges = header.split(',').map(parseRange)
  return encodings.find((encoding) => ranges.some((range) => range.quality > 0 && matches(range.type, encoding)))
}

function parseRange(text: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
}

const matches = (range: string, type: string): boolean =>
  range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))

/** One malformed request, drawn by a seed and a number. */
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { decodeJson, decodeProtobuf, WireError } from '@thermosphere/protocol'
import type { MediaType } from '@thermosphere/protocol'
import { malformedJson, malformedProtobuf, pick, randomMessage, wellFormed } from '@thermosphere/protocol/fuzz'
import type { Malformed } from '@thermosphere/protocol/fuzz'
import { gzipSync } from 'node:zlib'
import { samplesOf } from './endpoints.ts'
import type { Endpoint } from './endpoints.ts'
import type { LiveFramework } from './live-framework.ts'

export type Attack = Malformed & {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent on a connection of its own, as it stands. */
  readonly raw?: Uint8Array
}

type Draw = {
  readonly endpoint: Endpoint
  readonly live: LiveFramework
  readonly random: Random
  readonly mediaType: MediaType
}

const json: MediaType = 'application/json'
const protobuf: MediaType = 'application/x-protobuf'
/** Larger than any endpoint takes. */
const tooLargeBytes = 64 * 1024 * 1024

/** As a codec understands it; undefined when it is no call. */
function decoded({ endpoint, mediaType }: Draw, body: Uint8Array): Record<string, unknown> | undefined {
  try {
    return { ...(mediaType === json ? decodeJson : decodeProtobuf)(endpoint.message, body) }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** A call that would be carried out loses its sting. */
function disarmed(draw: Draw, malformed: Malformed): Malformed {
  const call = malformed.verdict === 'refused' ? undefined : decoded(draw, malformed.body)
  const harmless = call && draw.endpoint.disarm(call, draw.live)
  if (harmless === undefined) return malformed
  return { ...malformed, body: wellFormed(draw.endpoint.message, harmless, draw.mediaType) }
}

function drawBody(draw: Draw): Malformed {
  const { endpoint, live, random, mediaType } = draw
  const isStranger = random.integer(4) === 0
  const drawn = randomMessage(endpoint.message, random, isStranger ? {} : samplesOf(live))
  const message = isStranger ? drawn : { ...drawn, ...endpoint.caller(live) }
  if (random.integer(4) === 0) {
    const body = wellFormed(endpoint.message, message, mediaType)
    return disarmed(draw, { mutation: 'another meaning', verdict: 'open', body })
  }
  const malform = mediaType === json ? malformedJson : malformedProtobuf
  return disarmed(draw, malform(endpoint.message, message, random))
}

function drawHeaders({ endpoint, live, random, mediaType }: Draw): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': mediaType }
  if (random.integer(4) > 0) headers['Accept'] = pick(random, [json, protobuf, '*/*', `${json};q=0, */*`, ''])
  const streamId = random.integer(4) > 0 ? live.streamId : pick(random, ['another-stream', '', 'x'.repeat(4_000)])
  if (endpoint.name === 'scheduler' && random.integer(8) > 0) headers['Mesos-Stream-Id'] = streamId
  return headers
}

type Change = Partial<Attack> & Pick<Attack, 'mutation' | 'verdict'>
type Changed = (attack: Attack, draw: Draw) => Change

const withHeader = ({ headers }: Attack, name: string, value: string): Pick<Attack, 'headers'> => ({
  headers: { ...headers, [name]: value },
})

const wrongMethod: Changed = (_attack, { random }) => ({
  mutation: 'wrong method',
  verdict: 'refused',
  method: pick(random, ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
})

const wrongContentType: Changed = (attack, { random }) => {
  const types = ['text/plain', 'application/octet-stream', 'application/jsonx', '/', 'application/recordio', 'ä']
  const verdict = attack.verdict === 'refused' ? 'refused' : 'open'
  return { mutation: 'wrong content type', verdict, ...withHeader(attack, 'Content-Type', pick(random, types)) }
}

const noContentType: Changed = ({ headers }) => {
  const { 'Content-Type': _type, ...rest } = headers
  return { mutation: 'no content type', verdict: 'refused', headers: rest }
}

const otherEncoding: Changed = (attack, { mediaType }) => ({
  mutation: 'JSON as protobuf or the other way round',
  verdict: 'open',
  ...withHeader(attack, 'Content-Type', mediaType === json ? protobuf : json),
})

const wrongAccept: Changed = (attack, { random }) => ({
  mutation: 'wrong accept',
  verdict: 'open',
  ...withHeader(attack, 'Accept', pick(random, ['text/html', ';;q=', 'application/json;q=0', ','.repeat(3_000)])),
})

const wrongCompression: Changed = (attack, { random }) => ({
  mutation: 'wrong compression',
  verdict: 'refused',
  ...withHeader(attack, 'Content-Encoding', pick(random, ['gzip', 'deflate', 'br', 'unheard-of'])),
})

const bomb = gzipSync(new Uint8Array(tooLargeBytes))
const compressionBomb: Changed = (attack) => ({
  mutation: 'more than is allowed, compressed',
  verdict: 'refused',
  body: bomb,
  ...withHeader(attack, 'Content-Encoding', 'gzip'),
})

const oddPath: Changed = ({ path }, { random }) => ({
  mutation: 'odd path',
  verdict: 'open',
  path: pick(random, [
    `${path}//`,
    `/${path}`,
    `${path}/%zz`,
    `${path}/%00`,
    `${path}/../..`,
    `${path}?%`,
    '//',
    '/%',
    path.toUpperCase(),
  ]),
})

const requests: Readonly<Record<string, (head: string, body: Uint8Array) => Uint8Array>> = {
  'length too long': (head, body) => join(`${head}Content-Length: ${body.length + 10}\r\n\r\n`, body),
  'length too short': (head, body) => join(`${head}Content-Length: ${Math.floor(body.length / 2)}\r\n\r\n`, body),
  'length is no number': (head, body) => join(`${head}Content-Length: ten\r\n\r\n`, body),
  'length is negative': (head, body) => join(`${head}Content-Length: -1\r\n\r\n`, body),
  'length beyond what is allowed': (head, body) => join(`${head}Content-Length: ${tooLargeBytes}\r\n\r\n`, body),
  'length and chunks': (head, body) =>
    join(`${head}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n`, body),
  'chunks without an end': (head, body) =>
    join(`${head}Transfer-Encoding: chunked\r\n\r\n${(body.length + 1).toString(16)}\r\n`, body),
  'chunk length is no number': (head, body) => join(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, body),
  'header without an end': (head) => join(`${head}X-Long: ${'x'.repeat(1_000)}`, new Uint8Array()),
  'header too large': (head) => join(`${head}X-Long: ${'x'.repeat(100_000)}\r\n\r\n`, new Uint8Array()),
  'no HTTP at all': (_head, body) => join('\u0000\u0001', body),
}

const join = (head: string, body: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(head), body])

const framing: Changed = ({ method, path, headers, body }, { random }) => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}`
  const name = pick(random, Object.keys(requests))
  // A shorter body may be a call as well, which nobody has disarmed.
  const sent = name === 'length too short' ? Buffer.from('{"type": "UNKNOWN", "x": "'.padEnd(80, 'x')) : body
  return { mutation: `framing: ${name}`, verdict: 'refused', raw: requests[name]?.(head, sent) ?? sent }
}

const changes: readonly Changed[] = [
  wrongMethod,
  wrongContentType,
  noContentType,
  otherEncoding,
  wrongAccept,
  wrongCompression,
  oddPath,
  framing,
]

/** The same for the same seed, number and ids. */
export function drawAttack(
  endpoint: Endpoint,
  live: LiveFramework,
  at: { readonly seed: number; readonly call: number },
): Attack {
  const random = createRandom((Math.imul(at.seed, 0x9e3779b1) ^ Math.imul(at.call + 1, 0x85ebca6b)) >>> 0)
  const draw = { endpoint, live, random, mediaType: pick(random, [json, protobuf]) }
  const attack = { ...drawBody(draw), method: 'POST', path: endpoint.path, headers: drawHeaders(draw) }
  if (random.integer(6) > 0) return attack
  const change = random.integer(100) === 0 ? compressionBomb : pick(random, changes)
  return { ...attack, ...change(attack, draw) }
}

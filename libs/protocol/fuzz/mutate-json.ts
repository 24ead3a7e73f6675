/** Calls in JSON that are wrong in one way. */
import type { Random } from '@thermosphere/effects'
import { toPlainObject } from '../json/plain-object.ts'
import { MESSAGE_DEPTH_MAX } from '../schema.ts'
import type { Field, WireObject } from '../schema.ts'
import type { Malformed, Verdict } from './malformed.ts'
import { pick } from './random-message.ts'
import { siteWhere } from './sites.ts'
import type { Input, Site } from './sites.ts'

const utf8 = new TextEncoder()
const containerIdName = 'mesos.v1.ContainerID'

/** Values of JSON that none of the kind can be read from. */
const wrongKinds: Readonly<Record<string, readonly unknown[]>> = {
  message: ['text', 7, true],
  enum: [{}, true, 7],
  string: [7, true, {}],
  bytes: [7, {}, '***'],
  bool: [7, {}, 'maybe'],
  number: [{}, true, 'twelve', '0x10'],
}

const oddNumbers = [
  '-1',
  '0',
  '1e400',
  '-1e400',
  '1e308',
  '5e-324',
  'NaN',
  'Infinity',
  '-Infinity',
  '"NaN"',
  '"-Infinity"',
  '0.1',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '-9223372036854775809',
  `1${'0'.repeat(400)}`,
]

const oddTexts = [
  '',
  ' ',
  '.',
  '..',
  '/',
  '*',
  '-',
  'a/b',
  '\u0000',
  '\ud800',
  '💥',
  '%s%n',
  '__proto__',
  'constructor',
]

type Twist = { readonly body: string | Uint8Array; readonly verdict: Verdict } | undefined

const refused = (body: string | Uint8Array): Twist => ({ body, verdict: 'refused' })
const open = (body: string | Uint8Array): Twist => ({ body, verdict: 'open' })

const kindOf = ({ value, label }: Field): string => {
  if (label === 'map') return 'map'
  if (value.kind !== 'scalar') return value.kind
  return ['string', 'bytes', 'bool'].includes(value.scalar) ? value.scalar : 'number'
}

const inPlace = ({ field, parent }: Site, value: unknown): void =>
  void (parent[field.name] = field.label === 'repeated' && Array.isArray(parent[field.name]) ? [value] : value)

function wrongType(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => field.label !== 'map')
  if (site === undefined) return undefined
  inPlace(site, pick(input.random, wrongKinds[kindOf(site.field)] ?? [{}]))
  return refused(JSON.stringify(input.message))
}

function missingRequired(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => field.label === 'required')
  if (site === undefined) return undefined
  if (input.random.integer(2) === 0) delete site.parent[site.field.name]
  else site.parent[site.field.name] = null
  return refused(JSON.stringify(input.message))
}

function unknownEnum(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => field.value.kind === 'enum')
  if (site === undefined) return undefined
  inPlace(site, pick(input.random, ['NO_SUCH_VALUE', 'toString', '']))
  const text = JSON.stringify(input.message)
  return site.field.label === 'required' ? refused(text) : open(text)
}

/** What JSON.stringify cannot write is put in behind it. */
const placeholder = 'a-place-for-what-json-cannot-say'

function oddNumber(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => kindOf(field) === 'number')
  if (site === undefined) return undefined
  inPlace(site, placeholder)
  return open(JSON.stringify(input.message).replace(`"${placeholder}"`, pick(input.random, oddNumbers)))
}

function oddText(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => kindOf(field) === 'string')
  if (site === undefined) return undefined
  const { random } = input
  inPlace(site, random.integer(8) === 0 ? 'x'.repeat(1 << (10 + random.integer(8))) : pick(random, oddTexts))
  return open(JSON.stringify(input.message))
}

function invalidUtf8(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => kindOf(field) === 'string')
  if (site === undefined) return undefined
  inPlace(site, placeholder)
  const body = Buffer.from(JSON.stringify(input.message))
  body.set(pick(input.random, [[0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8]]), body.indexOf(placeholder))
  return open(body)
}

function nestedContainers(depth: number): WireObject {
  let id: WireObject = { value: 'c' }
  for (let i = 0; i < depth; i++) id = { value: 'c', parent: id }
  return id
}

function deepMessages(input: Input): Twist {
  const site = siteWhere(input, ({ field: { value } }) => value.kind === 'message' && value.name === containerIdName)
  if (site === undefined) return undefined
  inPlace(site, nestedContainers(MESSAGE_DEPTH_MAX + input.random.integer(2_000)))
  return refused(JSON.stringify(input.message))
}

/** Members that nobody knows are left out, however deep they are; a long number makes the parser look at all. */
function deepUnknown({ message, random }: Input): Twist {
  const depth = pick(random, [10, 1_000, 20_000])
  const [left, right] = pick(random, [
    ['[', ']'],
    ['{"a":', '}'],
  ])
  const deep = `${left.repeat(depth)}${pick(random, ['1', '12345678901234567890', 'NaN'])}${right.repeat(depth)}`
  return open(`{"unknown":${deep},${JSON.stringify(message).slice(1)}`)
}

function manyElements(input: Input): Twist {
  const site = siteWhere(input, ({ field }) => field.label === 'repeated')
  const list = site?.parent[site.field.name]
  if (site === undefined || !Array.isArray(list)) return undefined
  site.parent[site.field.name] = Array.from({ length: pick(input.random, [10, 300]) }, () => list[0] as unknown)
  return open(JSON.stringify(input.message))
}

function duplicateKey({ message, random }: Input): Twist {
  const text = JSON.stringify(message)
  const key = pick(random, ['type', 'framework_id', '__proto__', 'constructor', ...Object.keys(message)])
  const value = pick(random, [
    'null',
    '{}',
    '"KILL"',
    '[]',
    JSON.stringify(Object.hasOwn(message, key) ? message[key] : null),
  ])
  const comma = text === '{}' ? '' : ','
  return open(
    random.integer(2) === 0
      ? `{"${key}":${value}${comma}${text.slice(1)}`
      : `${text.slice(0, -1)}${comma}"${key}":${value}}`,
  )
}

/** Seldom, since it takes its time: larger than the stack of a careless parser. */
const largeText = `{"unknown":"${'x'.repeat(4_000_000)}",`

function truncated({ message, random }: Input): Twist {
  const text = JSON.stringify(message)
  if (random.integer(200) === 0) return refused(largeText.slice(0, random.integer(largeText.length)))
  return refused(text.slice(0, random.integer(text.length)))
}

function randomByte({ message, random }: Input): Twist {
  const body = utf8.encode(JSON.stringify(message))
  for (let i = 0; i <= random.integer(3); i++) body[random.integer(body.length)] = random.integer(256)
  return open(body)
}

const noObjects = [
  '',
  ' ',
  'null',
  '7',
  '"text"',
  '[]',
  '[{}]',
  'true',
  'NaN',
  '{',
  '}',
  '{]',
  '{"a"}',
  '{"a":}',
  "{'a':1}",
]
const notAnObject = ({ random }: Input): Twist => refused(pick(random, noObjects))

const trailing = ({ message, random }: Input): Twist =>
  refused(JSON.stringify(message) + pick(random, ['}', ']', '{}', ',', '\u0000', 'x', '1']))

const mutations: Readonly<Record<string, (input: Input) => Twist>> = {
  'wrong type': wrongType,
  'missing required field': missingRequired,
  'unknown enum value': unknownEnum,
  'odd number': oddNumber,
  'odd text': oddText,
  'invalid UTF-8': invalidUtf8,
  'messages too deep': deepMessages,
  'unknown members deep': deepUnknown,
  'many elements': manyElements,
  'duplicate key': duplicateKey,
  truncated,
  'random bytes': randomByte,
  'not an object': notAnObject,
  'text behind the object': trailing,
}

/** `message` stays as it is. */
export function malformedJson(name: string, message: WireObject, random: Random): Malformed {
  for (;;) {
    const mutation = pick(random, Object.keys(mutations))
    const twist = mutations[mutation]?.({ name, message: toPlainObject(name, message), random })
    if (twist === undefined) continue
    const { body, verdict } = twist
    return { mutation: `JSON: ${mutation}`, verdict, body: typeof body === 'string' ? utf8.encode(body) : body }
  }
}

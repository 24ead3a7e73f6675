/** Calls in protobuf that are wrong in one way. */
import type { Random } from '@thermosphere/effects'
import { MESSAGE_DEPTH_MAX } from '../schema.ts'
import type { WireObject } from '../schema.ts'
import { encodeLoosely, fixed64Type, lengthType, tag, varint, varintType } from './loose-protobuf.ts'
import type { Bytes } from './loose-protobuf.ts'
import type { Malformed, Verdict } from './malformed.ts'
import { pick } from './random-message.ts'
import { siteWhere } from './sites.ts'
import type { Input, Site } from './sites.ts'

type Mutated = { readonly bytes: Bytes; readonly verdict: Verdict } | undefined

/** Beyond every number of the schema. */
const unknownNumber = 1000
/** A varint has ten bytes at most. */
const overlong: Bytes = [...Array.from({ length: 11 }, () => 0x80), 1]

const whole = ({ name, message }: Input): Bytes => encodeLoosely(name, message, () => undefined)
const refused = (bytes: Bytes): Mutated => ({ bytes, verdict: 'refused' })
const open = (bytes: Bytes): Mutated => ({ bytes, verdict: 'open' })

const isAnySite = (): boolean => true

/** The message with one field written in another way. */
const withField = ({ name, message }: Input, site: Site, write: (rightly: () => Bytes) => Bytes): Bytes =>
  encodeLoosely(name, message, (field, parent, rightly) =>
    field === site.field && parent === site.parent ? write(rightly) : undefined,
  )

const verdictOf = ({ field }: Site): Verdict => (field.label === 'required' ? 'refused' : 'open')

function missingRequired(input: Input): Mutated {
  const site = siteWhere(input, ({ field }) => field.label === 'required')
  return site && refused(withField(input, site, () => []))
}

/** As a field that nobody knows, it is passed over. */
function wrongWireType(input: Input): Mutated {
  const site = siteWhere(input, isAnySite)
  if (site === undefined) return undefined
  const { number, value } = site.field
  const isVarint = value.kind === 'enum' || (value.kind === 'scalar' && /^(bool|u?int)/.test(value.scalar))
  const bytes = isVarint
    ? [...tag(number, fixed64Type), 1, 2, 3, 4, 5, 6, 7, 8]
    : [...tag(number, varintType), ...varint(input.random.uint32())]
  return { bytes: withField(input, site, () => bytes), verdict: verdictOf(site) }
}

function unknownEnum(input: Input): Mutated {
  const site = siteWhere(input, ({ field }) => field.value.kind === 'enum')
  if (site === undefined) return undefined
  const value = pick(input.random, [9_999, -1, 2 ** 31 - 1])
  const bytes = withField(input, site, () => [...tag(site.field.number, varintType), ...varint(value)])
  return { bytes, verdict: verdictOf(site) }
}

function wrongLength(input: Input): Mutated {
  const bytes = whole(input)
  const lengths = [varint(1), varint(2 ** 31 - 1), varint(2 ** 31), varint(2 ** 32 + 1), varint(-1), overlong]
  return refused([...bytes, ...tag(unknownNumber, lengthType), ...pick(input.random, lengths)])
}

/** The length of an inner message, text or bytes reaches beyond what is around it. */
function innerLength(input: Input): Mutated {
  const site = siteWhere(input, ({ field: { label, value } }) => {
    return label === 'optional' && (value.kind === 'message' || (value.kind === 'scalar' && value.scalar === 'string'))
  })
  if (site === undefined) return undefined
  const length = pick(input.random, [2 ** 20, 2 ** 31 - 1, 2 ** 32 - 1])
  return refused(withField(input, site, () => [...tag(site.field.number, lengthType), ...varint(length), 0]))
}

function overlongVarint(input: Input): Mutated {
  const bytes = whole(input)
  const places = [[...tag(unknownNumber, varintType), ...overlong], overlong]
  return refused([...bytes, ...pick(input.random, places)])
}

function invalidTag(input: Input): Mutated {
  const { random } = input
  const tags = [
    tag(0, varintType),
    tag(0, lengthType),
    tag(unknownNumber, 6),
    tag(unknownNumber, 7),
    tag(unknownNumber, 4),
  ]
  return refused([...whole(input), ...pick(random, tags), 0])
}

function truncated(input: Input): Mutated {
  const bytes = whole(input)
  return open(bytes.slice(0, input.random.integer(bytes.length)))
}

function randomBytes(input: Input): Mutated {
  const bytes = [...whole(input)]
  const { random } = input
  for (let i = 0; i <= random.integer(4); i++) {
    const at = random.integer(bytes.length + 1)
    const replaced = random.integer(3)
    bytes.splice(at, replaced, ...Array.from({ length: random.integer(3) }, () => random.integer(256)))
  }
  return open(bytes)
}

const noise = ({ random }: Input): Mutated => open([...random.bytes(random.integer(200))])

function duplicateField(input: Input): Mutated {
  const site = siteWhere(input, isAnySite)
  return site && open(withField(input, site, (rightly) => [...rightly(), ...rightly()]))
}

function invalidUtf8(input: Input): Mutated {
  const site = siteWhere(input, ({ field: { value } }) => value.kind === 'scalar' && value.scalar === 'string')
  if (site === undefined || site.field.label === 'map') return undefined
  const bytes = pick(input.random, [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0]])
  return open(withField(input, site, () => [...tag(site.field.number, lengthType), bytes.length, ...bytes]))
}

function nestedContainers(depth: number): Bytes {
  let id: Bytes = [...tag(1, lengthType), 1, 99]
  for (let i = 0; i < depth; i++)
    id = [...tag(1, lengthType), 1, 99, ...tag(2, lengthType), ...varint(id.length), ...id]
  return id
}

function deepMessages(input: Input): Mutated {
  const site = siteWhere(input, ({ field: { value } }) => {
    return value.kind === 'message' && value.name === 'mesos.v1.ContainerID'
  })
  if (site === undefined) return undefined
  const deep = nestedContainers(MESSAGE_DEPTH_MAX + input.random.integer(300))
  return refused(withField(input, site, () => [...tag(site.field.number, lengthType), ...varint(deep.length), ...deep]))
}

/** Groups that nobody knows, each in another; most are not even closed. */
function deepGroups(input: Input): Mutated {
  const depth = pick(input.random, [10, 1_000, 20_000])
  const opening = tag(unknownNumber, 3)
  const opened = Array.from({ length: depth * opening.length }, (_, i) => opening[i % opening.length] ?? 0)
  return refused(whole(input).concat(opened))
}

function oddNumber(input: Input): Mutated {
  const site = siteWhere(input, ({ field: { value } }) => value.kind === 'scalar' && !/string|bytes/.test(value.scalar))
  if (site === undefined || site.field.value.kind !== 'scalar' || site.field.label === 'map') return undefined
  const { number, value } = site.field
  const doubles = [
    [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
    [0, 0, 0, 0, 0, 0, 0xf0, 0xff],
    [255, 255, 255, 255, 255, 255, 0xef, 0x7f],
    [0, 0, 0, 0, 0, 0, 0, 0x80],
  ]
  const integers = [-1, 0, 2 ** 31, 2 ** 32, 2n ** 63n, 2n ** 64n - 1n].map(varint)
  const bytes =
    value.scalar === 'double'
      ? [...tag(number, fixed64Type), ...pick(input.random, doubles)]
      : [...tag(number, varintType), ...pick(input.random, integers)]
  return open(withField(input, site, () => bytes))
}

const mutations: Readonly<Record<string, (input: Input) => Mutated>> = {
  'missing required field': missingRequired,
  'wrong wire type': wrongWireType,
  'unknown enum value': unknownEnum,
  'wrong length': wrongLength,
  'wrong inner length': innerLength,
  'overlong varint': overlongVarint,
  'invalid tag': invalidTag,
  truncated,
  'random bytes': randomBytes,
  noise,
  'duplicate field': duplicateField,
  'invalid UTF-8': invalidUtf8,
  'messages too deep': deepMessages,
  'groups too deep': deepGroups,
  'odd number': oddNumber,
}

/** `message` stays as it is. */
export function malformedProtobuf(name: string, message: WireObject, random: Random): Malformed {
  for (;;) {
    const mutation = pick(random, Object.keys(mutations))
    const mutated = mutations[mutation]?.({ name, message, random })
    if (mutated === undefined) continue
    return {
      mutation: `protobuf: ${mutation}`,
      verdict: mutated.verdict,
      body: Uint8Array.from(mutated.bytes),
    }
  }
}

import { fromJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { validateResource } from './validate.ts'

/** A text or JSON description of resources is not understood; the message says why, in Mesos' words. */
export class ResourceParseError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ResourceParseError'
  }
}

/**
 * `cpus:4;mem(ads):2048;ports:[1-5,8-9];bugs:{a,b}` → resources, statically reserved where a role is named.
 * A JSON array of Resource objects is accepted as well. Throws ResourceParseError.
 */
export function parseResources(text: string, defaultRole = '*'): mesos.Resource[] {
  const resources = text.trimStart().startsWith('[') ? parseJson(text, defaultRole) : parseSimple(text, defaultRole)
  const types = new Map<string, string>()
  for (const resource of resources) {
    const error = validateResource(resource) ?? refuseOnCommandLine(resource)
    if (error !== undefined) throw new ResourceParseError(error)
    const type = types.get(resource.name) ?? resource.type
    if (type !== resource.type) {
      throw new ResourceParseError(
        `Resources with the same name ('${resource.name}') but different types are not allowed`,
      )
    }
    types.set(resource.name, type)
  }
  return resources
}

function refuseOnCommandLine({ disk, revocable, reservations = [], reservation }: mesos.Resource): string | undefined {
  if (disk?.persistence) return 'Persistent volumes cannot be specified at the command line'
  if (revocable) {
    const advice = `do not include a 'revocable' key in the resources JSON`
    return `Revocable resources cannot be specified at the command line; ${advice}`
  }
  if (reservation || reservations.at(-1)?.type === 'DYNAMIC') {
    const advice = 'do not include a reservation with DYNAMIC type in the resources JSON'
    return `Dynamic reservations cannot be specified at the command line; ${advice}`
  }
  return undefined
}

function parseJson(text: string, defaultRole: string): mesos.Resource[] {
  return parseJsonArray(text).map((value) => {
    const resource = parseJsonResource(value)
    const isOpen = resource.role === undefined && !resource.reservations?.length
    return isOpen ? { ...resource, role: defaultRole } : resource
  })
}

function parseJsonArray(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return parsed
  } catch (cause) {
    throw new ResourceParseError(`Some JSON resources were not formatted properly: ${String(cause)}`)
  }
  throw new ResourceParseError('Some JSON resources were not formatted properly: not an array')
}

function parseJsonResource(value: unknown): mesos.Resource {
  try {
    return fromJsonObject('mesos.v1.Resource', value)
  } catch (cause) {
    throw new ResourceParseError(`Some JSON resources were not formatted properly: ${String(cause)}`)
  }
}

function parseSimple(text: string, defaultRole: string): mesos.Resource[] {
  return text
    .split(';')
    .filter((token) => token !== '')
    .map((token) => parseToken(token, defaultRole))
}

function parseToken(token: string, defaultRole: string): mesos.Resource {
  const pair = token.split(':').filter((part) => part !== '')
  const [head, value] = pair
  if (head === undefined || value === undefined || pair.length !== 2) {
    throw new ResourceParseError(`Bad value for resources, missing or extra ':' in ${token}`)
  }
  const open = head.indexOf('(')
  if (open < 0) return parseOne(head.trim(), value, defaultRole)
  const close = head.indexOf(')')
  if (close < open) throw new ResourceParseError(`Bad value for resources, mismatched parentheses in ${token}`)
  return parseOne(head.slice(0, open).trim(), value, head.slice(open + 1, close).trim())
}

function parseOne(name: string, text: string, role: string): mesos.Resource {
  const value = parseValue(name, text)
  const reservations: mesos.Resource_ReservationInfo[] = role === '*' ? [] : [{ type: 'STATIC', role }]
  return { name, ...value, ...(reservations.length > 0 && { reservations }) }
}

type Amount = Pick<mesos.Resource, 'type' | 'scalar' | 'ranges' | 'set'>

function parseValue(name: string, text: string): Amount {
  const compact = text.replaceAll(' ', '')
  if (compact.startsWith('[')) return { type: 'RANGES', ranges: { range: parseRanges(name, compact) } }
  if (compact.startsWith('{') && compact.endsWith('}')) {
    const items = compact.slice(1, -1).split(',')
    return { type: 'SET', set: { item: items.filter((item) => item !== '') } }
  }
  const value = Number(compact)
  if (compact === '' || Number.isNaN(value)) {
    throw new ResourceParseError(`Bad type for resource ${name} value ${text} type TEXT`)
  }
  return { type: 'SCALAR', scalar: { value } }
}

function parseRanges(name: string, text: string): mesos.Value_Range[] {
  if (!text.endsWith(']')) throw new ResourceParseError(`Failed to parse resource ${name} value ${text}`)
  const parts = text.slice(1, -1).split(',')
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(\d{1,15})-(\d{1,15})$/.exec(part)
      if (!match) {
        throw new ResourceParseError(
          `Failed to parse resource ${name} value ${text} error Expecting non-negative integers in '${part}'`,
        )
      }
      return { begin: Number(match[1]), end: Number(match[2]) }
    })
}

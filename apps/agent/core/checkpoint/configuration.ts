import { Resources } from '@thermosphere/offer-engine'
import { fromJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import type { AgentConfig } from '../state.ts'
import { storedWire } from './stored.ts'
import type { StoredEntries } from './stored.ts'

/** What an agent registered with, as far as a later configuration must agree with it. */
type Identity = {
  readonly hostname: string
  readonly port: number | undefined
  readonly resources: readonly mesos.Resource[]
  readonly attributes: readonly mesos.Attribute[]
  readonly domain: mesos.DomainInfo | undefined
}

/** Why the agent must not start with this configuration under the id that it has; `undefined` when it may. */
export function configurationProblem(config: AgentConfig, entries: StoredEntries): string | undefined {
  const stored = entries.get('agent', 'agent')
  if (stored === undefined) return undefined
  const before = entries.attempt(() => ({
    ...stored,
    port: stored.port,
    resources: decodeAll('mesos.v1.Resource', stored.resources),
    attributes: decodeAll('mesos.v1.Attribute', stored.attributes),
    domain: decodeAll('mesos.v1.DomainInfo', stored.domain === undefined ? [] : [stored.domain])[0],
  }))
  if (before === undefined) return undefined
  const policy = config.reconfigurationPolicy
  const change = placeChange(before, config) ?? (policy === 'equal' ? anyChange : otherThanMore)(before, config)
  return change === undefined ? undefined : refusal(policy, change)
}

function decodeAll<Name extends 'mesos.v1.Resource' | 'mesos.v1.Attribute' | 'mesos.v1.DomainInfo'>(
  name: Name,
  values: readonly unknown[],
) {
  return values.map((value) => storedWire('agent', () => fromJsonObject(name, value)))
}

/** Mesos' sentence, and the ways out of it. */
function refusal(policy: AgentConfig['reconfigurationPolicy'], change: string): string {
  const more =
    policy === 'equal' ? 'allow more resources, attributes and a domain with --reconfiguration_policy=additive, ' : ''
  return (
    `Configuration change not permitted under '${policy}' policy: ${change}; restore the configuration, ${more}` +
    'or remove meta/slaves/latest below the work directory to join as a new agent, which ends the tasks of this one'
  )
}

function placeChange(before: Identity, now: AgentConfig): string | undefined {
  if (before.hostname !== now.hostname) return `Hostname changed from ${before.hostname} to ${now.hostname}`
  if (before.port !== undefined && before.port !== now.port) {
    return `Port number changed from ${before.port} to ${now.port}`
  }
  return undefined
}

function anyChange(before: Identity, now: AgentConfig): string | undefined {
  const resources = resourcesChange(before, now, (had, has) => has.equals(had))
  if (resources !== undefined) return `Resources changed ${resources}`
  const domain = domainChange(before, now)
  if (domain !== undefined) return domain
  const isSame = before.attributes.length === now.attributes.length && lostAttribute(before, now) === undefined
  return isSame ? undefined : `Attributes changed from ${attributesText(before)} to ${attributesText(now)}`
}

/** More of a resource or another one may come, nothing may go. */
function otherThanMore(before: Identity, now: AgentConfig): string | undefined {
  for (const { name, type } of before.resources) {
    const types = now.resources.filter((resource) => resource.name === name).map((resource) => resource.type)
    if (types.length > 0 && !types.includes(type)) {
      return `Type of resource '${name}' changed from ${type} to ${types.join(', ')}`
    }
  }
  const resources = resourcesChange(before, now, (had, has) => has.contains(had))
  if (resources !== undefined) return `Resources were taken away: changed ${resources}`
  const domain = before.domain && domainChange(before, now)
  if (domain !== undefined) return domain
  const lost = lostAttribute(before, now)
  return lost === undefined ? undefined : `Attribute '${attributeText(lost)}' is missing or has another value`
}

function resourcesChange(
  before: Identity,
  now: AgentConfig,
  isAllowed: (had: Resources, has: Resources) => boolean,
): string | undefined {
  const had = Resources.fromWire([...before.resources])
  const has = Resources.fromWire([...now.resources])
  return isAllowed(had, has) ? undefined : `from ${had.toString()} to ${has.toString()}`
}

function domainChange(before: Identity, now: AgentConfig): string | undefined {
  const [had, has] = [domainText(before.domain), domainText(now.domain)]
  return had === has ? undefined : `Domain changed from ${had} to ${has}`
}

function domainText(domain: mesos.DomainInfo | undefined): string {
  const fault = domain?.fault_domain
  return fault === undefined ? 'none' : JSON.stringify({ region: fault.region.name, zone: fault.zone.name })
}

function lostAttribute(before: Identity, now: AgentConfig): mesos.Attribute | undefined {
  const texts = new Set(now.attributes.map(attributeText))
  return before.attributes.find((attribute) => !texts.has(attributeText(attribute)))
}

const attributesText = ({ attributes }: Pick<Identity, 'attributes'>): string =>
  attributes.length === 0 ? 'none' : attributes.map(attributeText).join(';')

/** As it is written in `--attributes`. */
function attributeText({ name, text, scalar, ranges }: mesos.Attribute): string {
  const spans = (ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(',')
  return `${name}:${text?.value ?? scalar?.value ?? `[${spans}]`}`
}

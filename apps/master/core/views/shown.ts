/**
 * Agents and frameworks as endpoints show them at one moment. A record never changes: one that is still true is used
 * again, with everything that was encoded from it.
 */
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Millis } from '@thermosphere/effects'
import type { Sight } from '../access/sight.ts'
import type { Total } from '../books/tally.ts'
import type { Agent, Framework } from '../model.ts'

export type ShownAgent = Readonly<
  Pick<
    Agent,
    | 'id'
    | 'info'
    | 'version'
    | 'ip'
    | 'capabilities'
    | 'connected'
    | 'deactivated'
    | 'drain'
    | 'drainStartedAt'
    | 'registeredAt'
    | 'reregisteredAt'
    | 'total'
  >
> & {
  readonly used: Total
  readonly offered: Total
  /** Of the reader whom the record is for, if that one does not see all roles of the agent. */
  readonly seenBy?: Sight
}

export const showAgent = (agent: Agent): ShownAgent => ({
  id: agent.id,
  info: agent.info,
  version: agent.version,
  ip: agent.ip,
  capabilities: agent.capabilities,
  connected: agent.connected,
  deactivated: agent.deactivated,
  drain: agent.drain,
  drainStartedAt: agent.drainStartedAt,
  registeredAt: agent.registeredAt,
  reregisteredAt: agent.reregisteredAt,
  total: agent.total,
  used: agent.used.total,
  offered: agent.offered.total,
})

/** Whether the record still says how the agent is; without making another, as there are many. */
export const isShownBy = (shown: ShownAgent, agent: Agent): boolean =>
  shown.used === agent.used.total &&
  shown.offered === agent.offered.total &&
  shown.total === agent.total &&
  shown.connected === agent.connected &&
  shown.deactivated === agent.deactivated &&
  shown.reregisteredAt === agent.reregisteredAt &&
  shown.info === agent.info &&
  shown.version === agent.version &&
  shown.ip === agent.ip &&
  shown.capabilities === agent.capabilities &&
  shown.drain === agent.drain &&
  shown.drainStartedAt === agent.drainStartedAt &&
  shown.registeredAt === agent.registeredAt

export interface ShownFramework {
  readonly id: string
  readonly info: mesos.FrameworkInfo
  readonly active: boolean
  readonly connection: 'connected' | 'disconnected' | 'recovered'
  readonly pid: string | undefined
  readonly isMultiRole: boolean
  readonly registeredAt: Millis
  readonly reregisteredAt: Millis
  readonly unregisteredAt: Millis
  readonly offerConstraints: scheduler.OfferConstraints | undefined
  readonly used: Total
  readonly offered: Total
}

export const showFramework = (framework: Framework): ShownFramework => ({
  id: framework.id,
  info: framework.info,
  active: framework.active,
  connection: framework.connection.state,
  pid: framework.pid,
  isMultiRole: framework.capabilities.has('MULTI_ROLE'),
  registeredAt: framework.registeredAt,
  reregisteredAt: framework.reregisteredAt,
  unregisteredAt: framework.unregisteredAt,
  offerConstraints: framework.offerConstraints,
  used: framework.used.total,
  offered: framework.offered.total,
})

/** Whether two records say the same. */
export function isSame<T extends object>(left: T, right: T): boolean {
  for (const key in left) if (left[key] !== right[key]) return false
  return true
}

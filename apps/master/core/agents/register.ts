import type { agentLink, mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import type { Millis } from '@thermosphere/effects'
import { agentsAt, enterAddress } from './addresses.ts'
import { admissionProblem } from './admission.ts'
import { agentSpec } from '../allocation-books.ts'
import { armTimer, note, persist, tellAgent, tellOperators } from '../emit.ts'
import { Tally } from '../books/tally.ts'
import { machinesOf } from '../machines.ts'
import { admit } from '../registry.ts'
import { stripped } from '../resource-format.ts'
import { showAgent } from '../views/shown.ts'
import { agentWire } from '../views/v1-entities.ts'
import { refuse, shutDown, tellLink } from './link-messages.ts'
import { removeAgentNow } from './removal.ts'
import { cancelRemoval } from './removal-limits.ts'
import type { Agent, AgentId, AgentRecord, LinkId, Master } from '../model.ts'

type Register = agentLink.AgentMessage_Register

/** A new agent: admitted to the registry first, then told its id. */
export function onRegister(m: Master, linkId: LinkId, register: Register): void {
  m.counters.add('master/messages_register_slave')
  const link = m.links.get(linkId)
  if (!link || link.state === 'joining') return
  if (link.state === 'joined') return acknowledgeAgain(m, linkId, link.agentId)
  const problem = admissionProblem(m, register)
  if (problem !== undefined) return refuse(m, linkId, problem)
  const ip = reachedAt(register, link.ip)
  if (isDown(m, register.agent_info, ip)) return shutDown(m, linkId, 'Machine is down for maintenance')
  replaceAgentAt(m, register.agent_info, ip)
  m.links.set(linkId, { state: 'joining', ip: link.ip })
  const agentId = `${m.info.id}-S${m.nextAgent++}`
  const info = { ...register.agent_info, id: { value: agentId } }
  persist(m, admit(m, agentId, freshRecord(info)), {
    change: 'agent-admitted',
    linkId,
    register: { ...register, agent_info: info },
    agentId,
  })
}

export const freshRecord = (info: mesos.AgentInfo): AgentRecord => ({
  info,
  deactivated: false,
  drain: undefined,
  drainStartedAt: 0,
})

/** The machine of the agent is down for maintenance: it may not join. */
export function isDown(m: Master, info: mesos.AgentInfo, ip: string): boolean {
  return machinesOf(m.machines, { info, ip }).some(({ mode }) => mode === 'DOWN')
}

/** An older agent at the same address is the same process, restarted without its memory. */
function replaceAgentAt(m: Master, info: mesos.AgentInfo, ip: string): void {
  for (const agent of agentsAt(m, { ip, port: info.port })) {
    m.counters.add('master/slave_removals/reason_registered')
    removeAgentNow(m, agent, 'a new agent registered at the same address')
  }
}

export const totalPingTimeoutMs = (m: Master): Millis => m.config.agentPingTimeoutMs * m.config.maxAgentPingTimeouts

function acknowledgeAgain(m: Master, linkId: LinkId, agentId: AgentId): void {
  tellLink(m, linkId, registered(m, agentId))
}

const registered = (m: Master, agentId: AgentId): agentLink.MasterMessage => ({
  type: 'REGISTERED',
  registered: { agent_id: { value: agentId }, total_ping_timeout_ms: totalPingTimeoutMs(m), master_info: m.info },
})

/** The registry has the agent: it joins the cluster. */
export function onAgentAdmitted(m: Master, linkId: LinkId, register: Register, agentId: AgentId): void {
  const link = m.links.get(linkId)
  const ip = link?.ip ?? ''
  const agent = createAgent(agentId, register, freshRecord(register.agent_info), { ip, now: m.now })
  joinCluster(m, agent, link ? linkId : undefined)
  m.counters.add('master/slave_registrations')
  tellAgent(m, agent, registered(m, agentId))
  tellOperators(m, { type: 'AGENT_ADDED', agent_added: { agent: agentWire(showAgent(agent)) } })
  note(m, 'agent.registered', { agentId, hostname: agent.info.hostname })
  leaveIfDown(m, agent)
}

/** A machine may go down while the registry still writes that its agent joins. */
export function leaveIfDown(m: Master, agent: Agent): void {
  if (!isDown(m, agent.info, agent.ip)) return
  const cause = "Operator initiated 'Machine DOWN'"
  if (agent.link !== undefined) shutDown(m, agent.link, cause)
  removeAgentNow(m, agent, cause)
}

type Joining = { readonly ip: string; readonly now: Millis }

/** What an agent says of itself, as the master's record of it. */
export function createAgent(id: AgentId, said: Register, record: AgentRecord, { ip, now }: Joining): Agent {
  return {
    id,
    info: { ...said.agent_info, id: { value: id } },
    version: said.version,
    ip: reachedAt(said, ip),
    link: undefined,
    capabilities: said.capabilities ?? [],
    connected: false,
    deactivated: record.deactivated,
    drain: record.drain,
    drainStartedAt: record.drainStartedAt,
    registeredAt: now,
    reregisteredAt: undefined,
    total: totalOf(said),
    resourceVersion: said.resource_version_uuid,
    pingMisses: 0,
    tasks: new Set(),
    executors: new Map(),
    offers: new Set(),
    offered: new Tally(),
    inverseOffers: new Set(),
    operations: new Map(),
    used: new Tally(),
  }
}

/** Where others reach the agent: where it says, else its host name if that is an address, else where it called from. */
export function reachedAt({ advertised_ip, agent_info: { hostname } }: Register, peer: string): string {
  return advertised_ip ?? (/^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : peer)
}

/** The configured resources with the dynamic reservations and volumes that the agent keeps. */
export function totalOf(said: Pick<Register, 'agent_info' | 'checkpointed_resources'>): Resources {
  const configured = Resources.fromWire(said.agent_info.resources)
  const kept = said.checkpointed_resources ?? []
  return configured.subtract(Resources.fromWire(kept.map(stripped))).add(Resources.fromWire(kept))
}

/** Enters the agent into the books, offers it and starts to watch over it. */
export function joinCluster(m: Master, agent: Agent, linkId: LinkId | undefined): void {
  m.agents.set(agent.id, agent)
  enterAddress(m, agent)
  m.recoveredAgents.delete(agent.id)
  cancelRemoval(m, agent.id)
  m.unreachableAgents.delete(agent.id)
  attachLink(m, agent, linkId)
  m.allocator.addAgent(agentSpec(m, agent))
  resumeAllocation(m)
  armTimer(m, `ping/${agent.id}`, m.now + m.config.agentPingTimeoutMs)
}

/** Enough agents are back: quota can be kept, so offers may be made again. */
export function resumeAllocation(m: Master, options: { readonly anyway?: boolean } = {}): void {
  if (m.agentsAwaited === undefined) return
  if (m.agents.size < m.agentsAwaited && !options.anyway) return
  m.agentsAwaited = undefined
  m.allocator.resume()
}

export function attachLink(m: Master, agent: Agent, linkId: LinkId | undefined): void {
  const link = linkId === undefined ? undefined : m.links.get(linkId)
  agent.link = link ? linkId : undefined
  agent.connected = link !== undefined
  agent.pingMisses = 0
  if (link && linkId !== undefined) m.links.set(linkId, { state: 'joined', ip: link.ip, agentId: agent.id })
}

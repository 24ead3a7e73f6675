import type { Agent, AgentId, Master } from '../model.ts'

type Place = { readonly ip: string; readonly port: number | undefined }

const addressOf = ({ ip, port = 5051 }: Place): string => `${ip} ${port}`
const placeOf = ({ ip, info: { port } }: Agent): Place => ({ ip, port })

/** Agents by where they are reached: nobody who registers is to be compared with every other agent. */
export function enterAddress(m: Master, agent: Agent): void {
  const address = addressOf(placeOf(agent))
  const there = m.agentsByAddress.get(address)
  if (there === undefined) m.agentsByAddress.set(address, new Set([agent.id]))
  else there.add(agent.id)
}

/** To be called while the agent still says where it was. */
export function leaveAddress(m: Master, agent: Agent): void {
  const address = addressOf(placeOf(agent))
  const there = m.agentsByAddress.get(address)
  there?.delete(agent.id)
  if (there?.size === 0) m.agentsByAddress.delete(address)
}

/** Those at one address, in the order in which they came there. */
export function agentsAt(m: Master, place: Place): Agent[] {
  const ids: Iterable<AgentId> = m.agentsByAddress.get(addressOf(place)) ?? []
  return [...ids].flatMap((id) => m.agents.get(id) ?? [])
}

import type { mesos } from '@thermosphere/protocol'
import type { Agent, Machine, Master } from './model.ts'

/** Machines are told apart by lower-cased host name and address. */
export const machineKey = (id: mesos.MachineID): string => `${(id.hostname ?? '').toLowerCase()}|${id.ip ?? ''}`

/** A machine id as messages print it: its JSON. */
export const machineText = (id: mesos.MachineID): string =>
  JSON.stringify({
    ...(id.hostname !== undefined && { hostname: id.hostname }),
    ...(id.ip !== undefined && { ip: id.ip }),
  })

/** A schedule may name a machine by host, by address, or by both. */
export function isOnMachine(agent: Pick<Agent, 'info' | 'ip'>, id: mesos.MachineID): boolean {
  const sameHost = id.hostname === undefined || id.hostname.toLowerCase() === agent.info.hostname.toLowerCase()
  return sameHost && (id.ip === undefined || id.ip === agent.ip)
}

/** The machine with a maintenance entry that the agent runs on. */
export function machineOf(m: Master, agent: Agent): Machine | undefined {
  for (const machine of m.machines.values()) if (isOnMachine(agent, machine.id)) return machine
  return undefined
}

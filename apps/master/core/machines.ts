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

/** Those machines, by their keys, that the agent runs on. */
export function machinesOf<T extends { readonly id: mesos.MachineID }>(
  machines: ReadonlyMap<string, T>,
  agent: Pick<Agent, 'info' | 'ip'>,
): T[] {
  if (machines.size === 0) return []
  const { hostname } = agent.info
  const named: mesos.MachineID[] = [{ hostname, ip: agent.ip }, { hostname }, { ip: agent.ip }]
  return named.flatMap((id) => machines.get(machineKey(id)) ?? []).filter(({ id }) => isOnMachine(agent, id))
}

/** The machine with a maintenance entry that the agent runs on; of several the one that was entered first. */
export function machineOf({ machines }: Pick<Master, 'machines'>, agent: Agent): Machine | undefined {
  const all = machinesOf(machines, agent)
  return all.length < 2 ? all[0] : machines.values().find((machine) => all.includes(machine))
}

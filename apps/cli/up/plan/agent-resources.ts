/** What each agent of one machine offers. Pure. */

/** What the machine has to share out among the agents. */
export type MachineSize = { readonly cpus: number; readonly memMib: number; readonly diskMib: number }

const share = (total: number, agents: number): number => Math.max(1, Math.floor((total * 0.8) / agents))

/** Ports are disjoint because the agents of one machine share its addresses. */
const portRange = (index: number): string => `[${31000 + index * 1000}-${31999 + index * 1000}]`

export function agentResources(
  index: number,
  options: { readonly agents: number; readonly machine: MachineSize },
): string {
  const { agents, machine } = options
  const cpus = Math.max(1, Math.ceil(machine.cpus / agents))
  const mem = share(machine.memMib, agents)
  return `cpus:${cpus};mem:${mem};disk:${share(machine.diskMib, agents)};ports:${portRange(index)}`
}

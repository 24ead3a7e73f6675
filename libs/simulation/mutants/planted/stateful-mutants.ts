/** Bugs in what concerns reservations, volumes, roles, quota, draining and maintenance. */
import type { Mutant } from './mutant.ts'

const master = 'apps/master/core'
const agent = 'apps/agent/core'
const engine = 'libs/offer-engine'

export const statefulMutants: readonly Mutant[] = [
  {
    name: 'reservation-offered-to-anybody',
    file: `${engine}/resources/resources.ts`,
    find: 'return this.filter((item) => isAllocatableTo(item.meta, role))',
    replace: 'return this.filter((item) => item.meta.disk === undefined || isAllocatableTo(item.meta, role))',
    breaks: ['reservations-offered-to-their-role'],
  },
  {
    name: 'volume-offered-to-anybody',
    file: `${engine}/resources/resources.ts`,
    find: 'return this.filter((item) => isAllocatableTo(item.meta, role))',
    replace: 'return this.filter((item) => item.meta.disk !== undefined || isAllocatableTo(item.meta, role))',
    breaks: ['volumes-offered-to-their-role'],
  },
  {
    name: 'volume-made-twice',
    file: `${master}/validation/operation.ts`,
    find: ' ?? duplicateVolumeProblem(agent, volumes)',
    replace: '',
    breaks: ['volumes-made-once'],
  },
  {
    name: 'operation-not-checkpointed',
    file: `${agent}/resources/operations.ts`,
    find: '  saveResources(turn)\n',
    replace: '  void saveResources\n',
    breaks: ['volumes-survive', 'destroyed-volumes-are-gone'],
  },
  {
    name: 'data-of-a-destroyed-volume-stays',
    file: `${agent}/resources/operations.ts`,
    find: "if (path !== undefined && !kept.has(path)) turn.durable({ type: 'remove-volume', path, keepRoot })",
    replace: 'void [path, kept, keepRoot]',
    breaks: ['destroyed-volumes-are-gone'],
  },
  {
    name: 'operations-not-resent-on-registration',
    file: `${agent}/registration.ts`,
    find: '  resendOperations(turn)\n',
    replace: '  void resendOperations\n',
    breaks: ['updates-delivered'],
  },
  {
    name: 'left-role-stays-in-allocator',
    file: `${engine}/allocator/allocator.ts`,
    find: 'if (framework.roles.has(role)) continue',
    replace: 'if (framework.suppressed.size >= 0) continue',
    breaks: ['left-roles-get-no-offers'],
  },
  {
    name: 'offers-of-a-left-role-stay',
    file: `${master}/scheduler/subscribe.ts`,
    find: 'if (!roles.has(offer.role)) rescindOffer(m, offer)',
    replace: 'void [roles, offer, rescindOffer]',
    breaks: ['left-roles-get-no-offers'],
  },
  {
    name: 'reservations-beside-the-limit',
    file: `${engine}/allocator/quota/quota-books.ts`,
    find: 'Math.max(0, limit - (reserved[i] ?? 0) - (consumed[i] ?? 0))',
    replace: 'Math.max(0, limit - (consumed[i] ?? 0))',
    breaks: ['limits-hold'],
  },
  {
    name: 'headroom-given-away',
    file: `${engine}/allocator/run.ts`,
    find: 'if (!this.quotas.hasUnmetGuarantees()) return limited',
    replace: 'if (this.quotas.limitCount >= 0) return limited',
    breaks: ['guarantees-not-starved'],
  },
  {
    name: 'offers-of-a-deactivated-agent-stay',
    file: `${master}/agents/drain.ts`,
    find: '  m.allocator.setAgentActive(agent.id, false)\n  rescindOffers(m, agent.offers)\n',
    replace: '  m.allocator.setAgentActive(agent.id, false)\n  void rescindOffers\n',
    breaks: ['nothing-launched-on-draining-agents'],
  },
  {
    name: 'drain-spares-what-runs',
    file: `${agent}/drain.ts`,
    find: 'if (isTerminal(task.state)) continue',
    replace: 'if (isTerminal(task.state) || task.pid !== undefined) continue',
    breaks: ['drains-end'],
  },
  {
    name: 'drained-with-a-task-left',
    file: `${master}/agents/drain.ts`,
    find: 'if (agent.tasks.size > 0 || ',
    replace: 'if (agent.tasks.size > 1 || ',
    breaks: ['drained-only-when-idle'],
  },
  {
    name: 'drain-not-stored',
    file: `${master}/registry.ts`,
    find: '...(record.drain && {',
    replace: "...(record.drain?.state === 'DRAINING' && {",
    breaks: ['drained-survives-failover'],
  },
  {
    name: 'agent-returns-active',
    file: `${master}/agents/register.ts`,
    find: 'deactivated: record.deactivated,',
    replace: 'deactivated: record.deactivated && record.drain === undefined,',
    breaks: ['drained-survives-failover'],
  },
  {
    name: 'agents-stay-on-machines-down',
    file: `${master}/operator/maintenance.ts`,
    find: 'for (const agent of [...m.agents.values()]) leaveIfDown(m, agent)',
    replace: 'void leaveIfDown',
    breaks: ['no-task-on-machines-down'],
  },
  {
    name: 'agent-joins-from-a-machine-down',
    file: `${master}/agents/register.ts`,
    find: "if (machine.mode === 'DOWN' && isOnMachine({ info, ip }, machine.id)) return true",
    replace: 'void [machine, info, ip]',
    breaks: ['no-task-on-machines-down'],
  },
  {
    name: 'machine-mode-not-stored',
    file: `${master}/operator/maintenance.ts`,
    find: "putMachine(machineKey(id), id, 'DOWN', m",
    replace: "putMachine(machineKey(id), id, 'DRAINING', m",
    breaks: ['acknowledged-changes-survive', 'no-task-on-machines-down'],
  },
  {
    name: 'inverse-offers-to-everybody',
    file: `${master}/scheduler/inverse-offers.ts`,
    find: 'const ids = new Set([...agent.used.byKey.keys(),',
    replace: 'const ids = new Set([...m.frameworks.keys(),',
    breaks: ['inverse-offers-to-those-concerned'],
  },
]

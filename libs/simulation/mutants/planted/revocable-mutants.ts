/** Bugs in what concerns revocable resources. */
import type { Mutant } from './mutant.ts'

const master = 'apps/master/core'
const agent = 'apps/agent/core'

export const revocableMutants: readonly Mutant[] = [
  {
    name: 'revocable-offered-to-anybody',
    file: 'libs/offer-engine/allocator/framework-state.ts',
    find: "(meta.revocable === undefined || this.capabilities.has('REVOCABLE_RESOURCES')) &&",
    replace: '',
    breaks: ['revocable-offered-to-takers'],
  },
  {
    name: 'offers-of-what-is-no-longer-spare-stay',
    file: `${master}/agents/updates.ts`,
    find: '[...agent.offers].filter(({ resources }) => !resources.revocable().isEmpty())',
    replace: '[]',
    breaks: ['revocable-within-what-was-told'],
  },
  {
    name: 'revocable-added-to-what-was-told-before',
    file: `${master}/agents/updates.ts`,
    find: 'const total = firm.add(revocable.revocable())',
    replace: 'const total = firm.add(revocable.revocable()).add(said ? firm.revocable() : agent.total.revocable())',
    breaks: ['revocable-within-what-was-told'],
  },
  {
    name: 'revocable-forgotten-on-reconnection',
    file: `${master}/agents/reregister.ts`,
    find: 'const total = totalOf(said).add(agent.total.revocable())',
    replace: 'const total = totalOf(said)',
    breaks: ['revocable-within-what-was-told'],
  },
  {
    name: 'estimate-without-what-is-in-use',
    file: `${agent}/resources/oversubscription.ts`,
    find: 'return inUse.add(Resources.fromWire([...resources]).subtract(inUse))',
    replace: 'return Resources.fromWire([...resources])',
    breaks: ['revocable-within-what-was-told'],
  },
  {
    name: 'correction-is-a-kill',
    file: `${agent}/tasks/kills.ts`,
    find: "cause: 'preemption', startedAt, since",
    replace: "cause: 'request', startedAt, since",
    breaks: ['corrections-end-tasks'],
  },
  {
    name: 'correction-only-marks-the-task',
    file: `${agent}/tasks/kills.ts`,
    find: '  saveKill(turn, framework, task)\n  escalateKill(turn, place)\n',
    replace: '  saveKill(turn, framework, task)\n',
    breaks: ['corrections-end-tasks'],
  },
  {
    name: 'correction-of-everything',
    file: `${agent}/executors/preemption.ts`,
    find: 'if (usesRevocable(executor)) preempt',
    replace: 'if (executor.tasks.size > 0 || usesRevocable(executor)) preempt',
    breaks: ['corrections-end-tasks'],
  },
  {
    name: 'revocable-not-told-to-a-new-leader',
    file: `${agent}/registration.ts`,
    find: 'tellOversubscribed(turn, { anyway: true })',
    replace: 'tellOversubscribed(turn, { anyway: false })',
    breaks: ['revocable-told-again'],
  },
]

import type { Mutant } from './mutant.ts'

const core = 'apps/master/core'

export const masterMutants: readonly Mutant[] = [
  {
    name: 'registry-told-before-durable',
    file: `${core}/emit.ts`,
    find: "{ type: 'continue', after: id, input:",
    replace: "{ type: 'continue', after: undefined as unknown as number, input:",
    breaks: ['registered-agents-survive'],
  },
  {
    name: 'readmission-not-stored',
    file: `${core}/agents/reregister.ts`,
    find: 'persist(m, admit(m, id, record), change)',
    replace: 'persist(m, [], change)',
    breaks: ['registered-agents-survive'],
  },
  {
    name: 'unused-part-given-back-twice',
    file: `${core}/scheduler/accept.ts`,
    find: 'resources: untouched }, refusalMs(accept.filters))',
    replace: [
      'resources: remaining }, refusalMs(accept.filters))',
      '  recover(m, { frameworkId: framework.id, agentId: agent.id, resources: untouched })',
    ].join('\n'),
    breaks: ['resources-conserved', 'core-holds-its-promises'],
  },
  {
    name: 'accepted-offer-stays',
    file: `${core}/scheduler/accept.ts`,
    find: '    dropOffer(m, offer)\n    remaining',
    replace: '    remaining',
    breaks: ['resources-conserved', 'offers-do-not-overlap', 'core-holds-its-promises'],
  },
  {
    name: 'offered-resources-kept-on-rescind',
    file: `${core}/offers.ts`,
    find: '  dropOffer(m, offer)\n  recover(m, offer, refuseMs)',
    replace: '  dropOffer(m, offer)\n  void refuseMs',
    breaks: ['resources-conserved'],
  },
  {
    name: 'ended-task-keeps-resources',
    file: `${core}/tasks.ts`,
    find: 'if (!task.holdsResources) return\n  task.holdsResources = false',
    replace: "if (!task.holdsResources || task.wire.state === 'TASK_FAILED') return\n  task.holdsResources = false",
    breaks: ['resources-conserved'],
  },
  {
    name: 'ended-task-lost-again',
    file: `${core}/agents/removal.ts`,
    find: 'if (!isTerminal(task.wire.state)) {\n      const draft',
    replace: '{\n      const draft',
    breaks: ['one-terminal-state'],
  },
  {
    name: 'unreachable-tasks-stay-in-books',
    file: `${core}/agents/removal.ts`,
    find: '    removeTask(m, framework, agent, task)\n  }',
    replace: '  }',
    breaks: ['books-agree'],
  },
  {
    name: 'unreachable-agent-stays-in-allocator',
    file: `${core}/agents/removal.ts`,
    find: '  m.allocator.removeAgent(agent.id)\n',
    replace: '',
    breaks: ['resources-conserved', 'core-holds-its-promises'],
  },
  {
    name: 'reregistration-drops-running-tasks',
    file: `${core}/agents/workload.ts`,
    find: 'if (framework) revived.push({',
    replace: "if (framework && reported.task.state !== 'TASK_RUNNING') revived.push({",
    breaks: ['books-agree', 'resources-conserved'],
  },
  {
    name: 'reconcile-answers-before-agents-are-back',
    file: `${core}/scheduler/reconcile.ts`,
    find: 'if (agentId === undefined ? m.recoveredAgents.size > 0 : m.recoveredAgents.has(agentId)) return undefined',
    replace: '',
    breaks: ['awaited-agents-are-not-judged'],
  },
]

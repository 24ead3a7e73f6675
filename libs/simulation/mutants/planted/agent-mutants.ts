import type { Mutant } from './mutant.ts'

const core = 'apps/agent/core'

export const agentMutants: readonly Mutant[] = [
  {
    name: 'update-sent-before-durable',
    file: `${core}/tasks/status-updates.ts`,
    find: 'durable: !isCheckpointed(framework) }',
    replace: 'durable: true }',
    breaks: ['updates-stored-before-sent'],
  },
  {
    name: 'any-acknowledgement-accepted',
    file: `${core}/tasks/status-updates.ts`,
    find: 'hex(head.status.uuid) !== hex(uuid)',
    replace: 'hex(uuid) === undefined',
    breaks: ['updates-await-acknowledgement'],
  },
  {
    name: 'update-not-retried',
    file: `${core}/tasks/status-updates.ts`,
    find: 'stream.retryMs = Math.min(stream.retryMs * 2, RETRY_MAX_MS)\n  stream.inFlight = false',
    replace: 'stream.retryMs = Math.min(stream.retryMs * 2, RETRY_MAX_MS)',
    breaks: ['updates-are-repeated'],
  },
  {
    name: 'updates-not-resent-on-registration',
    file: `${core}/registration.ts`,
    find: '  for (const framework of turn.state.frameworks.values()) resendHeads(turn, framework)\n',
    replace: '  void resendHeads\n',
    breaks: ['updates-delivered'],
  },
  {
    name: 'task-not-checkpointed',
    file: `${core}/executors/launch.ts`,
    find: '    saveTask(turn, request.framework, task)\n',
    replace: '',
    breaks: ['tasks-survive-their-agent', 'no-orphan-containers'],
  },
  {
    name: 'checkpoint-after-launch',
    file: `${core}/executors/launch.ts`,
    find: "turn.durable({ type: 'launch', plan: planCommandTask(",
    replace: "turn.soon({ type: 'launch', plan: planCommandTask(",
    breaks: ['tasks-survive-their-agent', 'no-orphan-containers'],
  },
  {
    name: 'cancelled-launch-not-destroyed',
    file: `${core}/tasks/kills.ts`,
    find: "if (member.containerId !== undefined) turn.durable({ type: 'destroy', containerId: member.containerId })",
    replace: '',
    breaks: ['no-orphan-containers'],
  },
  {
    name: 'unknown-task-not-reported-to-master',
    file: `${core}/registration.ts`,
    find: 'for (const task of message.reconcile_tasks ?? []) reconcileTask(turn, task)',
    replace: 'for (const task of message.reconcile_tasks ?? []) void [task, reconcileTask]',
    breaks: ['books-agree'],
  },
]

import type { Mutant } from './mutant.ts'

const agent = 'apps/agent/core'
const executors = `${agent}/executors`

/** Of executors of frameworks. */
export const executorMutants: readonly Mutant[] = [
  {
    name: 'refused-executor-not-told',
    file: `${executors}/launch.ts`,
    find: ' tellNotLaunched(turn, request, existing)',
    replace: ' void tellNotLaunched',
    breaks: ['books-agree'],
  },
  {
    name: 'exit-of-executor-not-told',
    file: `${executors}/custom-executors.ts`,
    find: '  sendExecutorExited(turn, executor, waitStatus(end))\n',
    replace: '  void [sendExecutorExited, waitStatus, end]\n',
    breaks: ['books-agree', 'resources-conserved'],
  },
  {
    name: 'executor-told-before-durable',
    file: `${executors}/custom-executors.ts`,
    find: "turn.durable({ type: 'executor-event', connectionId, event })",
    replace: "turn.soon({ type: 'executor-event', connectionId, event })",
    breaks: ['executors-hear-what-is-stored', 'no-orphan-containers', 'kills-follow-launches'],
  },
  {
    name: 'kill-overtakes-launch',
    file: `${executors}/custom-executors.ts`,
    find: 'if (connectionId !== undefined) turn.durable({',
    replace: "if (connectionId !== undefined) turn[event.type === 'KILL' ? 'soon' : 'durable']({",
    breaks: ['kills-follow-launches'],
  },
  {
    name: 'executor-limits-not-grown',
    file: `${executors}/custom-executors.ts`,
    find: "  turn.soon({ type: 'update-limits', containerId: executor.containerId, limits: customLimits(executor) })\n",
    replace: '  void customLimits\n',
    breaks: ['executors-hold-their-tasks'],
  },
  {
    name: 'unacknowledged-updates-not-taken',
    file: `${executors}/executor-api.ts`,
    find: 'for (const { status } of subscribe?.unacknowledged_updates ?? []) {\n    takeUpdate(',
    replace:
      'for (const { status } of subscribe?.unacknowledged_updates ?? []) {\n    void [turn, takeUpdate].includes(',
    breaks: ['no-orphan-containers', 'no-orphan-tasks', 'books-agree', 'updates-delivered'],
  },
  {
    name: 'lost-launch-not-noticed',
    file: `${executors}/executor-api.ts`,
    find: "if (task.state !== 'TASK_STAGING' || known.has(task.info.task_id.value)) continue",
    replace: 'if (known !== undefined) continue',
    breaks: ['no-orphan-containers'],
  },
  {
    name: 'silent-executor-waited-for',
    file: `${executors}/custom-executors.ts`,
    find: "if (executor.phase.type !== 'registering') return",
    replace: 'if (executor.id !== undefined) return',
    breaks: ['books-agree'],
  },
  {
    name: 'executor-that-stays-away-kept',
    file: `${executors}/custom-executors.ts`,
    find: '  if (!executor.recovering) return\n',
    replace: '  if (executor.recovering) return\n',
    breaks: ['no-orphan-containers', 'no-orphan-tasks', 'books-agree', 'updates-delivered'],
  },
  {
    name: 'executor-not-checkpointed',
    file: `${executors}/launch.ts`,
    find: '  saveExecutor(turn, framework, executor)\n  return executor\n',
    replace: "  if (kind === 'command') saveExecutor(turn, framework, executor)\n  return executor\n",
    breaks: ['no-orphan-containers', 'tasks-survive-their-agent'],
  },
  {
    name: 'tasks-outlive-their-executor',
    file: `${executors}/custom-executors.ts`,
    find: "reportTask(turn, { framework, executor, task }, { ...cause, source: 'SOURCE_AGENT' })",
    replace: 'void cause',
    breaks: ['no-orphan-containers'],
  },
  {
    name: 'update-of-an-ended-task-taken',
    file: `${executors}/custom-executors.ts`,
    find: '    if (isTerminal(task.state)) continue\n    reportTask(',
    replace: '    reportTask(',
    breaks: ['executors-have-the-last-word', 'one-terminal-state', 'updates-await-acknowledgement'],
  },
  {
    name: 'queued-tasks-lost-with-their-executor',
    file: `${executors}/custom-executors.ts`,
    find: 'for (const { tasks } of executor.queued.splice(0)) {',
    replace: 'for (const { tasks } of executor.queued.splice(0, 0)) {',
    breaks: ['books-agree', 'no-orphan-tasks', 'core-holds-its-promises'],
  },
  {
    name: 'drain-not-told-to-who-was-away',
    file: `${executors}/executor-api.ts`,
    find: '  drainReturned(turn, caller.place)\n',
    replace: '  void drainReturned\n',
    breaks: ['drains-are-carried-out', 'drains-end'],
  },
  {
    name: 'idle-executor-keeps-agent-draining',
    file: `${agent}/drain.ts`,
    find: 'if (isIdle(executor)) shutDownCustom(turn, executor)',
    replace: 'void [isIdle, shutDownCustom, executor]',
    breaks: ['drains-end'],
  },
  {
    name: 'dead-executors-kept-by-master',
    file: 'apps/master/core/agents/workload.ts',
    find: 'if (!alive.has(`${frameworkId}/${id}`)) removeExecutor(m, framework, agent, executor)',
    replace: 'void [alive, frameworkId, id, removeExecutor, framework, executor]',
    breaks: ['books-agree', 'resources-conserved'],
  },
  {
    name: 'executor-charged-for-each-task',
    file: 'apps/master/core/scheduler/launch.ts',
    find: 'return executor && !isRunning(acceptance, executor) ?',
    replace: 'return executor !== undefined && isRunning !== undefined ?',
    breaks: ['resources-conserved'],
  },
  {
    name: 'late-launch-not-destroyed',
    file: `${executors}/custom-executors.ts`,
    find: "if (executor.phase.type === 'terminating') turn.soon({ type: 'destroy'",
    replace: "if (executor.phase.type === 'terminated') turn.soon({ type: 'destroy'",
    breaks: ['drains-end', 'books-agree', 'no-orphan-containers', 'no-orphan-tasks'],
  },
  {
    name: 'agent-registers-as-it-shuts-down',
    file: `${agent}/registration.ts`,
    find: "!== 'registering' || turn.state.shuttingDown) return",
    replace: "!== 'registering') return",
    breaks: ['drained-only-when-idle', 'books-agree', 'no-task-on-machines-down'],
  },
]

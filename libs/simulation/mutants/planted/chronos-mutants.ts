import type { Mutant } from './mutant.ts'

const core = 'apps/chronos/core'

export const chronosMutants: readonly Mutant[] = [
  {
    name: 'cursor-not-stored-with-its-run',
    file: `${core}/runs/due.ts`,
    find: 'queueDue(turn, record, record.job.trigger as Scheduled)\n    turn.saveJob(record)',
    replace: 'queueDue(turn, record, record.job.trigger as Scheduled)',
    breaks: ['chronos-at-most-once', 'stored-state-is-the-state'],
  },
  {
    name: 'chronos-tells-before-it-is-stored',
    file: `${core}/turn.ts`,
    find: '(isTold(effect) ? { ...effect, after: storeId } : effect)',
    replace: 'effect',
    breaks: ['launch-stored-before-accept', 'acknowledged-changes-survive'],
  },
  {
    name: 'due-time-is-now',
    file: `${core}/runs/due.ts`,
    find: 'queueOccurrence(turn, record, { trigger, at: last.at })',
    replace: 'queueOccurrence(turn, record, { trigger, at: turn.now })',
    breaks: ['chronos-runs-on-schedule'],
  },
  {
    name: 'epsilon-ignored',
    file: `${core}/runs/due.ts`,
    find: '...(epsilonMs !== undefined && { expiresAt: at + epsilonMs }),',
    replace: '...(epsilonMs === -1 && { expiresAt: at }),',
    breaks: ['chronos-starts-within-epsilon'],
  },
  {
    name: 'retry-counter-reset',
    file: `${core}/runs/outcome.ts`,
    find: 'attempt: nextAttempt(run),',
    replace: 'attempt: 1,',
    breaks: ['chronos-retries-bounded'],
  },
  {
    name: 'retries-not-counted',
    file: `${core}/runs/outcome.ts`,
    find: 'retryCount: run.retryCount + 1,',
    replace: 'retryCount: run.retryCount,',
    breaks: ['chronos-retries-bounded'],
  },
  {
    name: 'given-up-launch-made-under-its-own-id',
    file: `${core}/runs/unconfirmed.ts`,
    find: '  run.unconfirmed = [...(run.unconfirmed ?? []), launchOf(run, turn)]\n',
    replace: '  if (attempt > 0) return requeue(turn, run)\n',
    breaks: ['chronos-launches-once', 'one-terminal-state'],
  },
  {
    name: 'job-without-retries-launched-again',
    file: `${core}/runs/unconfirmed.ts`,
    find: 'const mayRepeat = retries > 0 && ',
    replace: 'const mayRepeat = ',
    breaks: ['chronos-retries-bounded'],
  },
  {
    name: 'dependency-counted-for-each-parent',
    file: `${core}/runs/outcome.ts`,
    find: 'const fires = count === least',
    replace: 'const fires = count >= least',
    breaks: ['chronos-child-runs-once-a-generation'],
  },
  {
    name: 'overlapping-runs-start',
    file: `${core}/runs/queue.ts`,
    find: 'const running = mayOverlap(record.job) ? undefined : activeRunsOf(state, run.job).find(isLaunched)',
    replace: 'const running = mayOverlap(record.job) ? undefined : activeRunsOf(state, "").find(isLaunched)',
    breaks: ['chronos-no-overlap'],
  },
  {
    name: 'launched-run-not-stored',
    file: `${core}/launch/offers.ts`,
    find: 'resources: match.resources }))\n  turn.saveRun(run)',
    replace: 'resources: match.resources }))\n  turn.state.runs.put(run)',
    breaks: ['launch-stored-before-accept'],
  },
  {
    name: 'repeated-update-counts-again',
    file: `${core}/runs/updates.ts`,
    find: 'else if (isActive(run)) applyUpdate(turn, run, status)',
    replace: 'else if (isActive(run) || !isLive(status.state)) applyUpdate(turn, run, status)',
    breaks: ['chronos-retries-bounded', 'chronos-child-runs-once-a-generation'],
  },
  {
    name: 'success-of-a-parent-not-stored',
    file: `${core}/runs/outcome.ts`,
    find: '    turn.saveJob(child)\n    if (!fires',
    replace: '    if (!fires',
    breaks: ['stored-state-is-the-state'],
  },
]

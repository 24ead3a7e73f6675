/** What a Mesos status means for an instance. */
import type { mesos } from '@thermosphere/protocol'
import type { Condition, TerminalCondition } from './instance.ts'

const terminal: ReadonlySet<Condition> = new Set([
  'Finished',
  'Killed',
  'Failed',
  'Error',
  'Dropped',
  'Gone',
  'Unknown',
] satisfies TerminalCondition[])

/** Endings that count as a failure of the app for its backoff: all but a kill of ours. */
const backingOff: ReadonlySet<Condition> = new Set(['Failed', 'Error', 'Dropped', 'Gone', 'Finished', 'Unknown'])

const unreachableReasons: ReadonlySet<string | undefined> = new Set([
  'REASON_RECONCILIATION',
  'REASON_AGENT_DISCONNECTED',
  'REASON_SLAVE_DISCONNECTED',
  'REASON_AGENT_REMOVED',
  'REASON_SLAVE_REMOVED',
])

export function isTerminal(condition: Condition): condition is TerminalCondition {
  return terminal.has(condition)
}

export function causesBackoff(condition: Condition): boolean {
  return backingOff.has(condition)
}

export function isFailure(condition: Condition): boolean {
  return terminal.has(condition) && condition !== 'Finished' && condition !== 'Killed'
}

export function conditionOf(status: mesos.TaskStatus): Condition {
  switch (status.state) {
    case 'TASK_STAGING':
      return 'Staging'
    case 'TASK_STARTING':
      return 'Starting'
    case 'TASK_RUNNING':
      return 'Running'
    case 'TASK_KILLING':
      return 'Killing'
    case 'TASK_FINISHED':
      return 'Finished'
    case 'TASK_KILLED':
      return 'Killed'
    case 'TASK_FAILED':
      return 'Failed'
    case 'TASK_ERROR':
      return 'Error'
    case 'TASK_DROPPED':
      return 'Dropped'
    case 'TASK_GONE':
    case 'TASK_GONE_BY_OPERATOR':
      return 'Gone'
    case 'TASK_UNREACHABLE':
      return 'Unreachable'
    case 'TASK_UNKNOWN':
      return 'Unknown'
    case 'TASK_LOST':
      return lostCondition(status)
  }
}

function lostCondition(status: mesos.TaskStatus): Condition {
  if (status.reason === 'REASON_TASK_UNKNOWN') return 'Unknown'
  return unreachableReasons.has(status.reason) ? 'Unreachable' : 'Gone'
}

/** The state name the API shows for a condition. */
export function taskStateOf(condition: Condition): string {
  switch (condition) {
    case 'Scheduled':
    case 'Provisioned':
      return 'TASK_STAGING'
    case 'UnreachableInactive':
      return 'TASK_UNREACHABLE'
    default:
      return `TASK_${condition.toUpperCase()}`
  }
}

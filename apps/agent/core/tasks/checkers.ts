import type { mesos } from '@thermosphere/protocol'
import { taskEnvironment } from '../plans/environment.ts'
import type { CheckAttempt } from '../effects.ts'
import type { CheckResult } from '../inputs.ts'
import { commandPlan } from '../plans/plans.ts'
import type { Checker, CheckKind, Task, TaskPlace } from '../state.ts'
import { reportTask } from './statuses.ts'
import type { Turn } from '../turn.ts'

/** Checks and health checks of running tasks: when to try, and what a result means. Defaults are Mesos'. */
const DELAY_SECONDS = 15
const INTERVAL_SECONDS = 10
const TIMEOUT_SECONDS = 20
const GRACE_SECONDS = 10
const CONSECUTIVE_FAILURES = 3

export function startCheckers(turn: Turn, task: Task, startedAt: number): void {
  if (task.info.check !== undefined) startChecker(turn, task, { kind: 'check', startedAt })
  if (task.info.health_check !== undefined) startChecker(turn, task, { kind: 'health', startedAt })
}

function startChecker(turn: Turn, task: Task, { kind, startedAt }: Pick<Checker, 'kind' | 'startedAt'>): void {
  const token = turn.state.nextToken++
  task.checkers.push({
    kind,
    startedAt,
    token,
    consecutiveFailures: 0,
    hasSucceeded: task.statuses.at(-1)?.healthy === true,
    lastHealthy: task.statuses.at(-1)?.healthy,
    lastResult: undefined,
  })
  const delaySeconds = definition(task, kind)?.delay_seconds ?? DELAY_SECONDS
  turn.timer(checkTimerKey(task, kind), Math.max(turn.now, startedAt + delaySeconds * 1000))
}

export function stopCheckers(turn: Turn, task: Task): void {
  for (const checker of task.checkers) turn.timer(checkTimerKey(task, checker.kind), undefined)
  task.checkers = []
}

function checkTimerKey(task: Task, kind: CheckKind): string {
  return `check/${task.frameworkId}/${task.executorId}/${task.info.task_id.value}/${kind}`
}

function definition(task: Task, kind: CheckKind): mesos.CheckInfo | mesos.HealthCheck | undefined {
  return kind === 'check' ? task.info.check : task.info.health_check
}

/** Time for the next attempt. */
export function onCheckTimer(turn: Turn, place: TaskPlace, kind: CheckKind): void {
  const { task } = place
  const checker = task.checkers.find((candidate) => candidate.kind === kind)
  if (checker === undefined || task.containerId === undefined) return
  const attempt = planAttempt(place, kind)
  if (attempt === undefined) return
  const timeoutSeconds = definition(task, kind)?.timeout_seconds ?? TIMEOUT_SECONDS
  turn.soon({
    type: 'run-check',
    containerId: task.containerId,
    token: checker.token,
    attempt,
    timeoutMs: timeoutSeconds === 0 ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000,
  })
}

function planAttempt({ task, framework }: TaskPlace, kind: CheckKind): CheckAttempt | undefined {
  const host = task.ipAddress ?? '127.0.0.1'
  const { check, health_check: health } = task.info
  const command = kind === 'check' ? check?.command?.command : health?.command
  const plan = commandPlan(command)
  if (plan !== undefined) {
    const environment = { ...taskEnvironment(task.info.command), ...taskEnvironment(command) }
    return { type: 'command', command: plan, environment: { MESOS_FRAMEWORK_ID: framework.id, ...environment } }
  }
  const http = kind === 'check' ? check?.http : health?.http
  if (http !== undefined) {
    const scheme = kind === 'health' ? (health?.http?.scheme ?? 'http') : 'http'
    return { type: 'http', scheme, host: hostFor(host, health, kind), port: http.port, path: http.path ?? '/' }
  }
  const tcp = kind === 'check' ? check?.tcp : health?.tcp
  return tcp === undefined ? undefined : { type: 'tcp', host: hostFor(host, health, kind), port: tcp.port }
}

function hostFor(host: string, health: mesos.HealthCheck | undefined, kind: CheckKind): string {
  const protocol = health?.http?.protocol ?? health?.tcp?.protocol
  return kind === 'health' && protocol === 'IPv6' ? '::1' : host
}

type TokenResult = { readonly token: number; readonly result: CheckResult }
type CheckerResult = { readonly checker: Checker; readonly result: CheckResult }

/** Applies a result; `true` when the task has failed its health check too often and must be killed. */
export function onCheckResult(turn: Turn, place: TaskPlace, { token, result }: TokenResult): boolean {
  const { task } = place
  const checker = task.checkers.find((candidate) => candidate.token === token)
  if (checker === undefined || task.run?.type !== 'running') return false
  const intervalSeconds = definition(task, checker.kind)?.interval_seconds ?? INTERVAL_SECONDS
  turn.timer(checkTimerKey(task, checker.kind), turn.now + intervalSeconds * 1000)
  if (checker.kind === 'health') return onHealth(turn, place, { checker, result })
  reportCheck(turn, place, { checker, result })
  return false
}

function reportCheck(turn: Turn, place: TaskPlace, { checker, result }: CheckerResult): void {
  const status = checkStatus(place.task.info.check, result)
  const text = JSON.stringify(status)
  if (text === checker.lastResult) return
  checker.lastResult = text
  reportTask(turn, place, {
    state: 'TASK_RUNNING',
    reason: 'REASON_TASK_CHECK_STATUS_UPDATED',
    check_status: status,
    healthy: place.task.statuses.at(-1)?.healthy,
  })
}

/** The result as the wire has it; an attempt without result is an empty member. */
export function checkStatus(
  check: mesos.CheckInfo | undefined,
  result: CheckResult | undefined,
): mesos.CheckStatusInfo {
  const type = check?.type ?? 'UNKNOWN'
  if (check?.http !== undefined) {
    return { type, http: result?.type === 'http' ? { status_code: result.statusCode } : {} }
  }
  if (check?.tcp !== undefined) return { type, tcp: result?.type === 'tcp' ? { succeeded: result.succeeded } : {} }
  return { type, command: result?.type === 'command' ? { exit_code: result.exitCode } : {} }
}

function isHealthy(result: CheckResult): boolean {
  if (result.type === 'command') return result.exitCode === 0
  if (result.type === 'http') return result.statusCode >= 200 && result.statusCode < 400
  return result.type === 'tcp' && result.succeeded
}

function onHealth(turn: Turn, place: TaskPlace, { checker, result }: CheckerResult): boolean {
  const health = place.task.info.health_check
  if (isHealthy(result)) {
    checker.consecutiveFailures = 0
    const isNews = checker.lastHealthy !== true
    checker.hasSucceeded = true
    checker.lastHealthy = true
    if (isNews) reportHealth(turn, place, true)
    return false
  }
  const graceMs = (health?.grace_period_seconds ?? GRACE_SECONDS) * 1000
  if (!checker.hasSucceeded && turn.now < checker.startedAt + graceMs) return false
  checker.consecutiveFailures++
  checker.lastHealthy = false
  const failuresMax = health?.consecutive_failures ?? CONSECUTIVE_FAILURES
  reportHealth(turn, place, false)
  return checker.consecutiveFailures >= failuresMax
}

function reportHealth(turn: Turn, { framework, executor, task }: TaskPlace, healthy: boolean): void {
  reportTask(
    turn,
    { framework, executor, task },
    {
      state: 'TASK_RUNNING',
      reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
      healthy,
      check_status: task.statuses.at(-1)?.check_status,
    },
  )
}

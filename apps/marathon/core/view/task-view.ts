/** A task as the API shows it. */
import type { mesos } from '@thermosphere/protocol'
import { servicePorts } from '../group/index.ts'
import { isPlaced, taskStateOf } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { appOfVersion } from '../state/index.ts'
import type { Health, MarathonState } from '../state/index.ts'
import { formatTimestamp } from '../text/index.ts'

export type TaskView = Readonly<Record<string, unknown>>

function timestampOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : formatTimestamp(at)
}

function healthView(instanceId: string, health: Health) {
  const { alive, consecutiveFailures, firstSuccess, lastSuccess, lastFailure, lastFailureCause } = health
  return {
    alive,
    consecutiveFailures,
    firstSuccess: timestampOf(firstSuccess),
    lastSuccess: timestampOf(lastSuccess),
    lastFailure: timestampOf(lastFailure),
    lastFailureCause,
    instanceId: `instance [${instanceId}]`,
  }
}

export function healthResults(state: MarathonState, instance: Instance): Health[] {
  return (state.health.get(instance.id) ?? []).filter((result) => result !== undefined)
}

function checkResult(result: mesos.CheckStatusInfo | undefined) {
  if (result?.http?.status_code !== undefined) return { http: { statusCode: result.http.status_code } }
  if (result?.tcp?.succeeded !== undefined) return { tcp: { succeeded: result.tcp.succeeded } }
  if (result?.command?.exit_code !== undefined) return { command: { exitCode: result.command.exit_code } }
  return undefined
}

/** The task of a placed instance; undefined while it waits for an offer. */
export function taskView(
  state: MarathonState,
  instance: Instance,
  options: { readonly withServicePorts: boolean } = { withServicePorts: true },
): TaskView | undefined {
  if (!isPlaced(instance.state)) return undefined
  const { agent, task, condition } = instance.state
  const app = appOfVersion(state, instance.appId, instance.version)
  return {
    id: task.id,
    appId: instance.appId,
    host: agent.host,
    slaveId: agent.id,
    region: agent.region,
    zone: agent.zone,
    state: taskStateOf(condition),
    stagedAt: timestampOf(task.stagedAt),
    startedAt: timestampOf(task.startedAt),
    version: instance.version,
    ports: task.ports.filter((port) => port !== null),
    servicePorts: options.withServicePorts && app !== undefined ? servicePorts(app) : [],
    ipAddresses: task.ipAddresses,
    healthCheckResults: healthResults(state, instance).map((health) => healthView(instance.id, health)),
    checkResult: checkResult(state.checkResults.get(instance.id)),
    localVolumes: [],
    role: instance.role,
  }
}

/** All tasks of an app. */
export function tasksOf(
  state: MarathonState,
  appId: string,
  options?: { readonly withServicePorts: boolean },
): TaskView[] {
  return state.instances
    .of(appId)
    .map((instance) => taskView(state, instance, options))
    .filter((view) => view !== undefined)
}

/** The tasks of all apps, of those in one of the states when there are any. */
export function allTasks(state: MarathonState, statuses: readonly string[]): TaskView[] {
  const known = ['running', 'staging']
  const wanted = new Set(statuses.map((status) => status.toLowerCase()).filter((status) => known.includes(status)))
  return [...state.instances.all()].flatMap((instance): TaskView[] => {
    const view = taskView(state, instance)
    if (view === undefined) return []
    const name = view['state'] === 'TASK_RUNNING' ? 'running' : view['state'] === 'TASK_STAGING' ? 'staging' : ''
    return wanted.size === 0 || wanted.has(name) ? [view] : []
  })
}

import { fromMilli, Resources } from '@thermosphere/offer-engine'
import type { AgentState } from '../state.ts'
import { allocatedResources } from './allocated.ts'

/** The `slave/…` metrics that follow from the state. Every name is present from the start. */
export function metricsView(state: AgentState, now: number): Record<string, number> {
  return {
    'slave/uptime_secs': (now - state.startedAt) / 1000,
    'slave/registered': state.link.type === 'registered' ? 1 : 0,
    'slave/recovery_errors': state.counters.recoveryErrors,
    ...(state.recoveredAt === undefined
      ? {}
      : { 'slave/recovery_time_secs': (state.recoveredAt - state.startedAt) / 1000 }),
    'slave/frameworks_active': state.frameworks.size,
    ...taskMetrics(state),
    ...executorMetrics(state),
    'slave/valid_status_updates': state.counters.validStatusUpdates,
    'slave/invalid_status_updates': state.counters.invalidStatusUpdates,
    'slave/valid_framework_messages': state.counters.validFrameworkMessages,
    'slave/invalid_framework_messages': state.counters.invalidFrameworkMessages,
    'slave/container_launch_errors': state.counters.containerLaunchErrors,
    ...resourceMetrics(state),
  }
}

function taskMetrics(state: AgentState): Record<string, number> {
  const gauges: Record<string, number> = { TASK_STAGING: 0, TASK_STARTING: 0, TASK_RUNNING: 0, TASK_KILLING: 0 }
  for (const framework of state.frameworks.values()) {
    for (const executor of framework.executors.values()) {
      const queued = executor.queued.flatMap(({ tasks }) => tasks)
      for (const task of [...executor.tasks.values(), ...queued]) {
        const count = gauges[task.state]
        if (count !== undefined) gauges[task.state] = count + 1
      }
    }
  }
  const { counters } = state
  return {
    'slave/tasks_staging': gauges['TASK_STAGING'] ?? 0,
    'slave/tasks_starting': gauges['TASK_STARTING'] ?? 0,
    'slave/tasks_running': gauges['TASK_RUNNING'] ?? 0,
    'slave/tasks_killing': gauges['TASK_KILLING'] ?? 0,
    'slave/tasks_finished': counters.tasksFinished,
    'slave/tasks_failed': counters.tasksFailed,
    'slave/tasks_killed': counters.tasksKilled,
    'slave/tasks_lost': counters.tasksLost,
    'slave/tasks_gone': counters.tasksGone,
  }
}

function executorMetrics(state: AgentState): Record<string, number> {
  const gauges = { registering: 0, running: 0, terminating: 0, terminated: 0 }
  for (const framework of state.frameworks.values()) {
    for (const executor of framework.executors.values()) gauges[executor.phase.type]++
  }
  return {
    'slave/executors_registering': gauges.registering,
    'slave/executors_running': gauges.running,
    'slave/executors_terminating': gauges.terminating,
    'slave/executors_terminated': state.counters.executorsTerminated,
    'slave/executors_preempted': state.counters.executorsPreempted,
  }
}

function resourceMetrics(state: AgentState): Record<string, number> {
  const used = allocatedResources(state)
  return {
    ...amounts('', state.total, used.nonRevocable()),
    ...amounts('_revocable', state.oversubscribed ?? Resources.empty, used.revocable()),
  }
}

function amounts(kind: string, total: Resources, used: Resources): Record<string, number> {
  const metrics: Record<string, number> = {}
  for (const name of ['cpus', 'gpus', 'mem', 'disk']) {
    const all = fromMilli(total.scalar(name))
    const inUse = fromMilli(used.scalar(name))
    metrics[`slave/${name}${kind}_total`] = all
    metrics[`slave/${name}${kind}_used`] = inUse
    metrics[`slave/${name}${kind}_percent`] = all === 0 ? 0 : inUse / all
  }
  return metrics
}

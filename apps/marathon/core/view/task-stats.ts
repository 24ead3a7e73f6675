/** Counts of tasks; with their life times, in four groups, they are `taskStats` of an app. */
import type { App } from '../app/index.ts'
import { isPlaced } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { isCurrent } from '../lifecycle/index.ts'
import type { MarathonState } from '../state/index.ts'
import { parseTimestamp } from '../text/index.ts'
import { healthResults } from './task-view.ts'

type Counts = { tasksStaged: number; tasksRunning: number; tasksHealthy: number; tasksUnhealthy: number }

export function countsOf(state: MarathonState, instances: readonly Instance[]): Counts {
  const counts: Counts = { tasksStaged: 0, tasksRunning: 0, tasksHealthy: 0, tasksUnhealthy: 0 }
  for (const instance of instances) {
    if (!isPlaced(instance.state)) continue
    const { mesosState } = instance.state.task
    if (mesosState === undefined || mesosState === 'TASK_STAGING') counts.tasksStaged++
    if (mesosState === 'TASK_RUNNING') counts.tasksRunning++
    const results = healthResults(state, instance)
    if (results.length === 0) continue
    if (results.every(({ alive }) => alive)) counts.tasksHealthy++
    else counts.tasksUnhealthy++
  }
  return counts
}

export function taskStats(state: MarathonState, app: App, now: number) {
  const all = state.instances.of(app.id).filter((instance) => isPlaced(instance.state))
  const scaledAt = parseTimestamp(app.versionInfo.lastScalingAt) ?? 0
  const isAfterScaling = (instance: Instance): boolean =>
    isPlaced(instance.state) && (instance.state.task.startedAt ?? 0) > scaledAt
  return {
    startedAfterLastScaling: groupStats(state, all.filter(isAfterScaling), now),
    withLatestConfig: groupStats(
      state,
      all.filter((instance) => isCurrent(app, instance)),
      now,
    ),
    withOutdatedConfig: groupStats(
      state,
      all.filter((instance) => !isCurrent(app, instance)),
      now,
    ),
    totalSummary: groupStats(state, all, now),
  }
}

function groupStats(state: MarathonState, instances: readonly Instance[], now: number) {
  if (instances.length === 0) return undefined
  const { tasksStaged, tasksRunning, tasksHealthy, tasksUnhealthy } = countsOf(state, instances)
  const counts = { staged: tasksStaged, running: tasksRunning, healthy: tasksHealthy, unhealthy: tasksUnhealthy }
  return { stats: { counts, lifeTime: lifeTime(instances, now) } }
}

function lifeTime(instances: readonly Instance[], now: number) {
  const seconds = instances
    .flatMap(({ state }) => (isPlaced(state) && state.task.startedAt !== undefined ? [state.task.startedAt] : []))
    .map((startedAt) => (now - startedAt) / 1000)
    .sort((left, right) => left - right)
  const medianSeconds = seconds[Math.floor(seconds.length / 2)]
  if (medianSeconds === undefined) return undefined
  return { averageSeconds: seconds.reduce((sum, value) => sum + value, 0) / seconds.length, medianSeconds }
}

/** An app with what the API adds to its definition: counts, deployments, tasks, failures, statistics. */
import { encodeApp } from '../app/index.ts'
import type { App } from '../app/index.ts'
import { isPlaced } from '../instance/index.ts'
import type { MarathonState } from '../state/index.ts'
import { countsOf, taskStats } from './task-stats.ts'
import { tasksOf } from './task-view.ts'

export type AppEmbed = 'counts' | 'deployments' | 'tasks' | 'readiness' | 'lastTaskFailure' | 'taskStats'
export type AppEmbeds = ReadonlySet<AppEmbed>

const embedNames: Readonly<Record<string, readonly AppEmbed[]>> = {
  tasks: ['tasks', 'deployments'],
  counts: ['counts'],
  deployments: ['deployments'],
  readiness: ['readiness'],
  lastTaskFailure: ['lastTaskFailure'],
  taskStats: ['taskStats'],
  failures: ['tasks', 'lastTaskFailure', 'deployments'],
}

/** Reads `embed` parameters; `apps.X`, `app.X`, `group.apps.X` and `X` mean the same, unknown ones nothing. */
export function parseAppEmbeds(texts: readonly string[], always: readonly AppEmbed[]): AppEmbeds {
  const found = texts.flatMap((text) => embedNames[text.replace(/^(group\.apps|apps|app)\./, '')] ?? [])
  return new Set([...always, ...found])
}

export function readinessResults(state: MarathonState, app: App) {
  const [check] = app.readinessChecks
  if (check === undefined) return []
  return state.instances.of(app.id).flatMap((instance) => {
    const result = state.readiness.get(instance.id)
    if (result === undefined || !isPlaced(instance.state)) return []
    const lastResponse = result.response
    return [{ name: check.name, taskId: instance.state.task.id, ready: result.ready, lastResponse }]
  })
}

function appView(state: MarathonState, app: App, embeds: AppEmbeds): Readonly<Record<string, unknown>> {
  const view: Record<string, unknown> = { ...encodeApp(app) }
  const instances = state.instances.of(app.id)
  if (embeds.has('counts')) Object.assign(view, countsOf(state, instances))
  if (embeds.has('deployments')) view['deployments'] = deploymentIds(state, app.id)
  if (embeds.has('readiness')) view['readinessCheckResults'] = readinessResults(state, app)
  if (embeds.has('tasks')) view['tasks'] = tasksOf(state, app.id, { withServicePorts: false })
  const failure = state.failures.get(app.id)
  if (embeds.has('lastTaskFailure') && failure !== undefined) view['lastTaskFailure'] = failure
  return view
}

/** As `appView`, with statistics, which depend on the time. */
export function appViewAt(state: MarathonState, app: App, at: { readonly embeds: AppEmbeds; readonly now: number }) {
  const view = appView(state, app, at.embeds)
  return at.embeds.has('taskStats') ? { ...view, taskStats: taskStats(state, app, at.now) } : view
}

function deploymentIds(state: MarathonState, appId: string): { id: string }[] {
  return [...state.deployments.values()].filter(({ affected }) => affected.has(appId)).map(({ id }) => ({ id }))
}

import type { App, MarathonTask, QueueItem } from '../../api/schemas/marathon.ts'
import type { Services } from '../../api/live/services-state.ts'
import type { Usage } from '../cluster/usage.ts'
import { taskWords } from '../../api/live/task-words.ts'
import { duration } from '../../ui/text/format.ts'
import type { Status } from '../../ui/status.ts'
import { explainWaiting } from './explain.ts'

export type ServiceView = {
  app: App
  id: string
  name: string
  group: string
  status: Status
  word: string
  /** Why it is not simply running; empty when it is. */
  reason: string
  queue: QueueItem | undefined
  deployments: string[]
}

export const nameOf = (id: string) => id.slice(id.lastIndexOf('/') + 1)
const groupOf = (id: string) => id.slice(0, id.lastIndexOf('/')) || '/'

export function serviceViews(services: Services, usage: Usage): ServiceView[] {
  return [...services.apps.values()]
    .map((app) => serviceView(app, services, usage))
    .sort((a, b) => a.id.localeCompare(b.id))
}

export function serviceView(app: App, services: Services, usage: Usage): ServiceView {
  const queue = services.queue.get(app.id)
  const deployments = services.deployments.filter((one) => one.affectedApps.includes(app.id)).map((one) => one.id)
  const state = stateOf(app, { queue, deploying: deployments.length > 0 || app.deployments.length > 0, usage })
  return { app, id: app.id, name: nameOf(app.id), group: groupOf(app.id), queue, deployments, ...state }
}

type State = Pick<ServiceView, 'status' | 'word' | 'reason'>
type Context = { queue: QueueItem | undefined; deploying: boolean; usage: Usage }

/** The worst thing that is true of a service, first match wins. */
function stateOf(app: App, context: Context): State {
  return crashing(app, context) ?? waiting(app, context) ?? unhealthy(app) ?? settled(app, context)
}

function crashing(app: App, { queue }: Context): State | undefined {
  const waitSeconds = queue?.delay.timeLeftSeconds ?? 0
  const retry = waitSeconds > 0 ? `next try in ${duration(waitSeconds * 1000)}` : 'trying again'
  const failure = app.lastTaskFailure
  const isOfThisVersion = failure?.version === undefined || failure.version === app.version
  if (failure === null || failure === undefined || !isOfThisVersion || app.tasksRunning >= app.instances)
    return waitSeconds > 0 ? { status: 'waiting', word: 'Delayed', reason: retry } : undefined
  const reason = `${failureText(failure.message, failure.state)}; ${retry}`
  return app.tasksRunning === 0
    ? { status: 'failing', word: 'Crashing', reason }
    : { status: 'working', word: 'Recovering', reason }
}

function waiting(app: App, { queue, usage }: Context): State | undefined {
  if (queue === undefined || queue.count <= 0 || queue.delay.timeLeftSeconds > 0) return undefined
  const looked = queue.processedOffersSummary?.unusedOffersCount ?? 0
  const reason = explainWaiting(app, queue, usage)
  const fitsNowhere = reason.startsWith('needs') || reason.startsWith('no ')
  if (looked === 0 && !fitsNowhere) return undefined
  return { status: 'waiting', word: 'Waiting', reason }
}

function unhealthy(app: App): State | undefined {
  if (app.tasksUnhealthy === 0) return undefined
  const failing = app.tasks.find((task) => task.healthCheckResults.some((result) => !result.alive))
  const cause = failing?.healthCheckResults.find((result) => !result.alive)?.lastFailureCause
  const count = `${app.tasksUnhealthy} of ${app.tasksRunning} unhealthy`
  return { status: 'failing', word: 'Unhealthy', reason: cause ? `${count}: ${cause}` : count }
}

function settled(app: App, { deploying }: Context): State {
  if (deploying) return { status: 'working', word: 'Deploying', reason: deployingWords(app) }
  if (app.instances === 0 && app.tasksRunning === 0) return { status: 'stopped', word: 'Stopped', reason: '' }
  if (app.tasksRunning < app.instances) {
    const reason = `${app.tasksRunning} of ${app.instances} instances run`
    return app.tasksStaged > 0
      ? { status: 'working', word: 'Starting', reason }
      : { status: 'waiting', word: 'Degraded', reason }
  }
  return { status: 'healthy', word: 'Running', reason: '' }
}

function deployingWords(app: App): string {
  const isChecked = (app.healthChecks?.length ?? 0) > 0
  if (!isChecked || app.tasksRunning < app.instances || app.tasksHealthy >= app.instances) return ''
  return `waits for health checks, ${app.tasksHealthy} of ${app.instances} healthy`
}

export const failureText = (message: string, state: string) =>
  message.trim() === '' ? taskWords(state).word : message.trim()

/** A task is old when its version is before the last change of configuration; scaling alone makes none old. */
export function isOldVersion(version: string | null | undefined, app: App): boolean {
  const changedAt = app.versionInfo?.lastConfigChangeAt ?? app.version
  if (version === null || version === undefined || changedAt === undefined) return false
  return Date.parse(version) < Date.parse(changedAt)
}

/** Checks are those of the newest version: an old instance is not expected to have results of them. */
export function instanceStatus(task: MarathonTask, app: App): { status: Status; word: string } {
  const checked = task.healthCheckResults
  const isExpected = (app.healthChecks?.length ?? 0) > 0 && !isOldVersion(task.version, app)
  if (isExpected && checked.length === 0 && task.state === 'TASK_RUNNING')
    return { status: 'working', word: 'Not checked yet' }
  return taskWords(task.state, checked.length === 0 ? undefined : checked.every((result) => result.alive))
}

/** What stands directly in a group: its sub-groups (with all below them) and its own services. */
export type Folder = { id: string; name: string; services: ServiceView[] }
export function listGroup(group: string, views: readonly ServiceView[], groupIds: readonly string[]) {
  const prefix = group === '/' ? '/' : `${group}/`
  const below = [...new Set([...groupIds, ...views.map((view) => view.group)])].filter(
    (id) => id !== group && id.startsWith(prefix),
  )
  const names = [...new Set(below.map((id) => id.slice(prefix.length).split('/')[0] ?? ''))]
    .filter((name) => name !== '')
    .sort()
  const folders = names.map((name): Folder => {
    const id = `${prefix}${name}`
    return { id, name, services: views.filter((view) => view.id.startsWith(`${id}/`)) }
  })
  return { folders, services: views.filter((view) => view.group === group) }
}

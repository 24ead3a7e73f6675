/**
 * What must hold of Marathon whatever happens to it. Sees every step of every leader, every call and every status, and
 * keeps books of its own over all terms.
 */
import { isPlacedState, rollBounds } from './marathon-facts.ts'
import type { ApiResponse, Instance, MarathonState } from '@thermosphere/marathon-core'
import type { mesos } from '@thermosphere/protocol'
import type { Operation } from '@thermosphere/store'
import { z } from 'zod'
import type { Report } from '../scheduler/report.ts'
import type { SchedulerCall } from '../scheduler/scheduler-connection.ts'
import { endStates } from '../scheduler/task-states.ts'

/** What one leader knows of tasks; two may act at once, as one does not hear at once that it was deposed. */
type Known = { readonly running: Set<string>; readonly answering: Set<string> }

/** What a refusal names: the deployments that stand in the way. */
const refusalSchema = z.object({ deployments: z.array(z.object({ id: z.string() })) })

const deploymentPrefix = 'marathon/deployment/'

export type Before = ReadonlyMap<string, Instance['goal']>

export class MarathonWatch {
  readonly #report: Report
  readonly #told = new Map<string, mesos.TaskState>()
  readonly #launched = new Set<string>()
  readonly #known = new WeakMap<MarathonState, Known>()
  /** Deployments that were in the store at some time. */
  readonly #stored = new Set<string>()
  #answering: ReadonlySet<string> = new Set()

  constructor(report: Report) {
    this.#report = report
  }

  /**
   * A leader has loaded its state. Another may have been told more, or may still be told more: what it lost its term
   * before storing is not known here. Results of probes stay true for it, although it has not asked yet.
   */
  onTerm(state: MarathonState): void {
    const running = new Set<string>()
    for (const one of state.instances.all())
      if (isPlacedState(one.state) && one.state.task.mesosState === 'TASK_RUNNING') running.add(one.state.task.id)
    this.#known.set(state, { running, answering: new Set(this.#answering) })
  }

  onProbed(leader: MarathonState, { taskId, isAlive }: { readonly taskId: string; readonly isAlive: boolean }): void {
    const { answering } = this.#of(leader)
    if (isAlive) answering.add(taskId)
    else answering.delete(taskId)
    this.#answering = answering
  }

  onStatus(leader: MarathonState, { task_id, state }: mesos.TaskStatus): void {
    const { running } = this.#of(leader)
    if (state === 'TASK_RUNNING') running.add(task_id.value)
    else running.delete(task_id.value)
    const before = this.#told.get(task_id.value)
    if (before === undefined || !endStates.has(before)) this.#told.set(task_id.value, state)
  }

  /** `stored` reads what is durable of what its leader wrote: one that slept may send late. */
  onCall(call: SchedulerCall, stored: (key: string) => string | undefined): void {
    for (const operation of call.accept?.operations ?? [])
      for (const { task_id } of operation.launch?.task_infos ?? []) this.#onLaunch(task_id.value, stored)
  }

  onApplied(operations: readonly Operation[]): void {
    for (const operation of operations)
      if (operation.type !== 'delete-prefix' && operation.key.startsWith(deploymentPrefix))
        this.#stored.add(operation.key.slice(deploymentPrefix.length))
  }

  /** A client is answered. */
  onAnswer({ status, body }: ApiResponse): void {
    if (status < 400) return
    for (const { id } of refusalSchema.safeParse(body).data?.deployments ?? [])
      if (!this.#stored.has(id))
        this.#report('refusals-name-what-is-stored', `${status} because of the deployment ${id}, which is not stored`)
  }

  #onLaunch(taskId: string, stored: (key: string) => string | undefined): void {
    const [instanceId = '', incarnation = '1'] = taskId.split('._app.')
    const record = stored(`marathon/instance/${instanceId}`)
    if (record?.includes(`"${taskId}"`) !== true)
      this.#report('launch-stored-before-accept', `the launch of ${taskId} is not in the store`)
    if (this.#launched.has(taskId)) this.#report('one-launch-a-task', `${taskId} is launched a second time`)
    this.#launched.add(taskId)
    const previous = `${instanceId}._app.${Number(incarnation) - 1}`
    const told = this.#told.get(previous)
    const isOver = told === undefined ? !this.#launched.has(previous) : endStates.has(told)
    if (!isOver && told !== 'TASK_UNREACHABLE')
      this.#report('one-task-an-instance', `${taskId} is launched while ${previous} is ${told ?? 'under way'}`)
  }

  before(state: MarathonState): Before {
    return new Map([...state.instances.all()].map(({ id, goal }) => [id, goal]))
  }

  /** After a step: what a rolling restart has decided in it. */
  after(state: MarathonState, before: Before): void {
    for (const deployment of state.deployments.values()) {
      for (const action of deployment.steps[deployment.step] ?? [])
        if (action.type === 'RestartApplication') this.#checkRoll(state, action.app, before)
    }
  }

  #checkRoll(state: MarathonState, appId: string, before: Before): void {
    const app = state.root.apps.get(appId)
    if (app === undefined) return
    const instances = state.instances.of(appId)
    const { healthyMin, capacityMax } = rollBounds(app)
    const isOld = ({ version }: Instance): boolean => version < app.versionInfo.lastConfigChangeAt
    const isEnded = ({ id, goal }: Instance): boolean => goal === 'Decommissioned' && before.get(id) === 'Running'
    const ended = instances.filter((one) => isOld(one) && isEnded(one) && this.#isHealthy(state, one))
    const healthy = instances.filter((one) => one.goal === 'Running' && this.#isHealthy(state, one))
    if (ended.length > 0 && healthy.length < healthyMin)
      this.#report(
        'marathon-healthy-minimum',
        `${appId}: ${ended.length} healthy are killed, ${healthy.length} are left of at least ${healthyMin}`,
      )
    const hasStarted = instances.some(({ id }) => !before.has(id))
    if (hasStarted && instances.length > capacityMax)
      this.#report('marathon-capacity-maximum', `${appId}: ${instances.length} instances of at most ${capacityMax}`)
  }

  #isHealthy(leader: MarathonState, { appId, version, state }: Instance): boolean {
    const { running, answering } = this.#of(leader)
    if (!isPlacedState(state) || !running.has(state.task.id)) return false
    const app = leader.appVersions.get(appId)?.find((one) => one.version === version)
    return (app?.healthChecks ?? []).length === 0 || answering.has(state.task.id)
  }

  #of(leader: MarathonState): Known {
    const known = this.#known.get(leader)
    if (known === undefined) throw new TypeError('a leader acts before its term began')
    return known
  }
}

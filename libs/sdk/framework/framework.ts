/**
 * A framework: subscribed to whoever leads, its updates acknowledged, its tasks reconciled. Its parts:
 *
 *   SchedulerClient ─ events ─┬─ OfferPool      → the author's loop over offers
 *                             ├─ StatusUpdates  → onUpdate → Task handles → acknowledgement
 *                             └─ Reconciler, Killer: repeat what the master may not have heard
 */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { CallError, SchedulerClient } from '@thermosphere/protocol/node'
import type { SchedulerCall } from '@thermosphere/protocol/node'
import { setTimeout as sleep } from 'node:timers/promises'
import { FrameworkError } from '../errors.ts'
import {
  CLOSE_WAIT_MS,
  OFFER_HOLD_MS,
  OFFERS_HELD_MAX,
  RECONCILE_INTERVAL_MS,
  REFUSE_MS,
  TEARDOWN_AGAIN_MS,
  TEARDOWN_WAIT_MS,
} from '../limits.ts'
import { OfferPool } from '../offers/index.ts'
import type { AnswerOptions, Offer } from '../offers/index.ts'
import { Killer, StatusUpdates, TrackedTask } from '../tasks/index.ts'
import type { Task } from '../tasks/index.ts'
import { typedEvent } from './events.ts'
import { fatalError } from './fatal.ts'
import { frameworkInfo } from './framework-options.ts'
import type { FrameworkOptions } from './framework-options.ts'
import { Reconciler } from './reconciler.ts'

/** A task that an earlier instance has launched. */
export type KnownTask = { readonly id: string; readonly agentId?: string }

const launchedBy = ({ launch, launch_group: group }: mesos.Offer_Operation): mesos.TaskInfo[] => [
  ...(launch?.task_infos ?? []),
  ...(group?.task_group.tasks ?? []),
]

/**
 * A Mesos v1 framework.
 * @example
 * await using framework = new Framework({ masters: ['127.0.0.1:5050'], name: 'hello' })
 * await framework.start()
 * for await (const offer of framework.offers()) {
 *   if (!offer.fits({ cpus: 0.1, memMib: 32 })) continue
 *   const tasks = await offer.launch([{ name: 'hello', command: 'echo hello', resources: { cpus: 0.1, memMib: 32 } }])
 *   if (tasks === undefined) continue
 *   await Promise.all(tasks.map((task) => task.finished()))
 *   break
 * }
 * await framework.teardown()
 */
export class Framework {
  readonly #options: FrameworkOptions
  readonly #client: SchedulerClient
  readonly #pool: OfferPool
  readonly #updates: StatusUpdates
  readonly #reconciler: Reconciler
  readonly #killer: Killer
  readonly #tasks = new Map<string, TrackedTask>()
  readonly #suppressed = new Set<string>()
  readonly #started = Promise.withResolvers<string>()
  readonly #ended = Promise.withResolvers<void>()
  #id: string | undefined
  #isStarted = false
  #end: FrameworkError | undefined
  #isLeaving = false
  #tornDown: Promise<void> | undefined

  /** Throws RangeError when `masters` is not made of addresses. Nothing is sent before `start`. */
  constructor(options: FrameworkOptions) {
    this.#options = options
    const { offers = {}, reconcileIntervalMs = RECONCILE_INTERVAL_MS } = options
    this.#client = new SchedulerClient({
      masters: options.masters,
      credential: options.credential,
      frameworkInfo: () => frameworkInfo(options, this.#id),
      subscription: () => ({
        suppressed_roles: [...this.#suppressed],
        ...(options.offerConstraints !== undefined && { offer_constraints: options.offerConstraints }),
      }),
      onEvent: (event) => this.#onEvent(event),
      onDisconnected: (reason) => this.#onDisconnected(reason),
      onFatal: (message) => this.#finish(fatalError(message)),
    })
    this.#pool = new OfferPool({
      heldMax: offers.heldMax ?? OFFERS_HELD_MAX,
      holdMs: offers.holdMs ?? OFFER_HOLD_MS,
      accept: (offer, operations, answer) => this.#accept(offer, operations, answer),
      decline: (offer_ids, answer) =>
        this.#sendUnawaited({
          type: 'DECLINE',
          decline: { offer_ids: [...offer_ids], filters: this.#filters(answer) },
        }),
    })
    this.#updates = new StatusUpdates({
      handle: async (status) => options.onUpdate?.(status, this.#taskOf(status)),
      acknowledge: (status) => void this.#client.acknowledge(status).catch((error) => this.#onCallFailed(error)),
      onHandled: (status) => this.#onHandled(status),
      onFailed: (status, error) => this.#onUpdateFailed(status, error),
    })
    this.#reconciler = new Reconciler({
      send: (tasks) => this.#client.call({ type: 'RECONCILE', reconcile: { tasks } }),
      tasks: () => this.tasks.map(reconcileTask),
      intervalMs: reconcileIntervalMs,
      onFailure: (error) => this.#onCallFailed(error),
    })
    this.#killer = new Killer((kill) => this.#sendUnawaited({ type: 'KILL', kill }))
    for (const { promise } of [this.#started, this.#ended]) promise.catch(() => undefined)
  }

  /**
   * Subscribes, with the stored id if there is one, and stays subscribed to whoever leads until `close`. Resolves with
   * the framework's id when that is subscribed and stored, however long it takes; rejects with FrameworkError.
   */
  start(): Promise<string> {
    if (!this.#isStarted) this.#begin().catch((cause) => this.#onStoreFailed(cause))
    this.#isStarted = true
    return this.#started.promise
  }

  /** Undefined until the first subscription. */
  get id(): string | undefined {
    return this.#id
  }

  /** Whether calls reach a master now. Nothing needs to be done when not. */
  get isConnected(): boolean {
    return this.#client.isConnected()
  }

  /** Tasks that have not ended: launched, adopted, or learned of from the master. */
  get tasks(): Task[] {
    return [...this.#tasks.values()]
  }

  task(id: string): Task | undefined {
    return this.#tasks.get(id)
  }

  /**
   * Offers as they come. Each goes to one loop only. One that was not answered when the loop asks for the next is
   * declined, unless it is kept (`Offer.keep`); one that nobody has answered in time is declined, too. The loop ends
   * with `close` and `teardown`, and throws the FrameworkError when the framework ends otherwise.
   */
  offers(): AsyncIterableIterator<Offer> {
    return this.#pool.read()
  }

  /** Handles for tasks of an earlier instance, by what it wrote down. The master is asked what became of them. */
  adopt(known: readonly KnownTask[]): Task[] {
    const tasks = known.map(({ id, agentId }) => this.#tasks.get(id) ?? this.#track(id, agentId))
    if (this.isConnected) this.#reconciler.ask(tasks.map(reconcileTask))
    return tasks
  }

  /** No offers for these roles (all unless given) until `revive`, over new subscriptions too. Held ones go back. */
  suppress(roles: readonly string[] = this.#roles()): void {
    for (const role of roles) this.#suppressed.add(role)
    this.#pool.declineHeld(new Set(roles))
    this.#sendUnawaited({ type: 'SUPPRESS', suppress: { roles: [...roles] } })
  }

  /** Offers for these roles (all unless given) again, also what was refused for a while. */
  revive(roles: readonly string[] = this.#roles()): void {
    for (const role of roles) this.#suppressed.delete(role)
    this.#sendUnawaited({ type: 'REVIVE', revive: { roles: [...roles] } })
  }

  /** Any other call, as MESSAGE and SHUTDOWN to executors, or answers to inverse offers. Rejects with CallError. */
  call(call: SchedulerCall): Promise<void> {
    return this.#client.call(call)
  }

  /** Resolves after `close` or `teardown`; rejects with the FrameworkError that the framework ended with. */
  ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Leaves: handlers at work may finish, tasks go on for the failover timeout. */
  async close(): Promise<void> {
    this.#isLeaving = true
    const patience = new AbortController()
    const waited = sleep(CLOSE_WAIT_MS, undefined, { signal: patience.signal }).catch(() => undefined)
    if (this.#end === undefined) await Promise.race([this.#updates.settled(), waited])
    patience.abort()
    this.#finish(new FrameworkError('CLOSED', 'the framework was closed; start another instance to go on'))
    await this.#client.close()
  }

  /** Removes the framework from the cluster with all its tasks, and its id from the store. */
  teardown(): Promise<void> {
    this.#tornDown ??= this.#tearDown().catch((error: unknown) => {
      this.#tornDown = undefined
      throw error
    })
    return this.#tornDown
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #tearDown(): Promise<void> {
    if (this.#end !== undefined) throw this.#end
    this.#isLeaving = true
    this.start().catch(() => undefined)
    const deadline = performance.now() + TEARDOWN_WAIT_MS
    while (!(await this.#tearDownOnce())) {
      this.#isLeaving = performance.now() < deadline
      if (!this.#isLeaving)
        throw new FrameworkError('TEARDOWN_UNDELIVERED', 'no master took the teardown in time: try again')
      await sleep(TEARDOWN_AGAIN_MS)
    }
    this.#finish(new FrameworkError('TORN_DOWN', 'the framework was torn down'))
    await this.#client.close()
    await this.#options.idStore?.clear()
  }

  async #begin(): Promise<void> {
    this.#id = await this.#options.idStore?.load()
    if (this.#end === undefined) this.#client.start()
  }

  #onEvent(event: scheduler.Event): void {
    const typed = typedEvent(event)
    if (typed === undefined || this.#end !== undefined) return
    this.#options.onEvent?.(typed)
    if (typed.type === 'SUBSCRIBED') this.#onSubscribed(typed.subscribed.framework_id.value)
    if (typed.type === 'OFFERS') this.#pool.add(typed.offers.offers ?? [])
    if (typed.type === 'RESCIND') this.#pool.rescind(typed.rescind.offer_id.value)
    // Whoever leaves begins nothing; what is not acknowledged comes to the next instance.
    if (typed.type === 'UPDATE' && !this.#isLeaving) this.#updates.receive(typed.update.status)
  }

  #onSubscribed(id: string): void {
    const isNew = id !== this.#id
    this.#id = id
    const saved = isNew ? this.#options.idStore?.save(id) : undefined
    Promise.resolve(saved).then(
      () => {
        this.#pool.open()
        this.#started.resolve(id)
      },
      (cause: unknown) => this.#onStoreFailed(cause),
    )
    this.#reconciler.start()
    this.#killer.repeat()
  }

  #onDisconnected(reason: string): void {
    if (this.#end !== undefined) return
    this.#pool.clear()
    this.#reconciler.stop()
    this.#options.onEvent?.({ type: 'DISCONNECTED', reason })
  }

  async #accept(
    { id, agent_id }: mesos.Offer,
    operations: readonly mesos.Offer_Operation[],
    answer: AnswerOptions,
  ): Promise<Task[]> {
    const ids = operations.flatMap(launchedBy).map(({ task_id }) => task_id.value)
    const tasks = ids.map((taskId) => this.#track(taskId, agent_id.value))
    const accept = { offer_ids: [id], operations: [...operations], filters: this.#filters(answer) }
    try {
      await this.#client.call({ type: 'ACCEPT', accept })
    } catch (error) {
      // Whether it arrived is not known: the reconciliation of the next subscription asks for these tasks.
      if (error instanceof CallError && error.code === 'CALL_UNDELIVERED') return tasks
      for (const taskId of ids) this.#tasks.delete(taskId)
      throw error
    }
    return tasks
  }

  #track(id: string, agentId: string | undefined): TrackedTask {
    const task = new TrackedTask({ id, agentId, kill: (one, options) => this.#killer.kill(one, options) })
    if (this.#end === undefined) this.#tasks.set(id, task)
    else task.abandon(this.#end)
    return task
  }

  #taskOf({ task_id, agent_id }: mesos.TaskStatus): TrackedTask {
    return this.#tasks.get(task_id.value) ?? this.#track(task_id.value, agent_id?.value)
  }

  #onHandled(status: mesos.TaskStatus): void {
    const task = this.#taskOf(status)
    this.#reconciler.observe(status)
    task.observe(status)
    if (!task.hasEnded) return
    this.#tasks.delete(task.id)
    this.#killer.forget(task.id)
  }

  #onUpdateFailed(status: mesos.TaskStatus, cause: unknown): void {
    const { state, task_id, agent_id, uuid } = status
    const message =
      `onUpdate failed for ${state} of task ${task_id.value}: ${String(cause)}; the update is not acknowledged and ` +
      'comes again'
    this.#report(new FrameworkError('UPDATE_HANDLER_FAILED', message, { cause }))
    // The master says it once, unless it is asked.
    if (uuid === undefined && this.#end === undefined) this.#reconciler.ask([{ task_id, agent_id }])
  }

  /** Resolves with false when it has to be tried again. */
  async #tearDownOnce(): Promise<boolean> {
    // Its master may end the subscription before it answers, and refuse the next: that is what was asked for.
    if (this.#end?.code === 'REMOVED') return true
    if (this.#end !== undefined) throw this.#end
    if (!this.isConnected) return false
    try {
      await this.#client.call({ type: 'TEARDOWN' })
      return true
    } catch (error) {
      if (!(error instanceof CallError) || error.code === 'CALL_REFUSED') throw error
      return false
    }
  }

  #finish(error: FrameworkError): void {
    if (this.#end !== undefined) return
    this.#end = error
    this.#reconciler.stop()
    this.#killer.close()
    this.#pool.end(this.#isLeaving ? 'done' : { error })
    for (const task of this.#tasks.values()) task.abandon(error)
    this.#started.reject(error)
    if (this.#isLeaving) this.#ended.resolve()
    else this.#ended.reject(error)
  }

  #onStoreFailed(cause: unknown): void {
    const error =
      cause instanceof FrameworkError
        ? cause
        : new FrameworkError('ID_STORE_FAILED', `the id store failed: ${String(cause)}; repair it and start again`, {
            cause,
          })
    this.#finish(error)
    void this.#client.close()
  }

  #sendUnawaited(call: SchedulerCall): void {
    this.#client.call(call).catch((error: unknown) => this.#onCallFailed(error))
  }

  /** What got lost with a subscription is made good by the next. */
  #onCallFailed(error: unknown): void {
    if (!(error instanceof CallError)) throw error
    if (error.code !== 'CALL_REFUSED' || this.#end !== undefined) return
    this.#report(new FrameworkError('CALL_REFUSED', `the master refused a call: ${error.message}`, { cause: error }))
  }

  #report(error: FrameworkError): void {
    if (this.#options.onError !== undefined) this.#options.onError(error)
    else process.emitWarning(error)
  }

  #filters({ refuseMs = this.#options.offers?.refuseMs ?? REFUSE_MS }: AnswerOptions): mesos.Filters {
    return { refuse_seconds: refuseMs / 1000 }
  }

  #roles(): readonly string[] {
    return this.#options.roles ?? ['*']
  }
}

function reconcileTask({ id, agentId }: Task): scheduler.Call_Reconcile_Task {
  return { task_id: { value: id }, ...(agentId !== undefined && { agent_id: { value: agentId } }) }
}

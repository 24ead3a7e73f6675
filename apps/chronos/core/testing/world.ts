/** Drives the core without a shell: a clock, timers, offers, updates and ends of the process by hand. */
import { applyWrites, createRandom, invariant } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Command, Effect, Input, Notification, Reply } from '../messages.ts'
import { relink } from '../graph/graph.ts'
import { createState } from '../state.ts'
import type { ChronosConfig, ChronosState, Run } from '../state.ts'
import { step } from '../step.ts'
import { restoreJob, restoreRun, storedJobSchema, storedRunSchema } from '../stored.ts'
import { listJobs, runsOf } from '../views/views.ts'

const config: ChronosConfig = {
  defaults: { cpus: 0.1, mem: 128, disk: 256, user: 'root', epsilon: undefined },
  role: '*',
  failureRetryMs: 60_000,
  disableAfterFailures: 0,
  legacyRetryGate: false,
  declineSeconds: undefined,
  reconciliationIntervalMs: 600_000,
  reviveIntervalMinMs: 5_000,
  jobHistoryLimit: 5,
  historyRunsMax: 1000,
  historyTotalMax: 10_000,
  historyTtlMs: 365 * 86_400_000,
  unreachableTimeoutMs: 15 * 60_000,
  hostname: 'h',
}
export const start = Temporal.Instant.from('2026-01-01T00:00:00Z').epochMilliseconds
export const minute = 60_000

/** Where the process ends in a step: before its write is durable, or before anything that it wants to say is sent. */
export type Death = 'before-write' | 'before-send'

export class World {
  state: ChronosState
  now = start
  /** What the next process finds. */
  readonly store = new Map<string, string>()
  readonly timers = new Map<string, number>()
  calls: Omit<scheduler.Call, 'framework_id'>[] = []
  readonly notifications: Notification[] = []
  readonly #config: ChronosConfig
  #offers = 0
  #lives = 1
  constructor(overrides: Partial<ChronosConfig> = {}) {
    this.#config = { ...config, ...overrides }
    this.state = createState(this.#config, createRandom(this.#lives))
    this.input({ type: 'connected', frameworkId: 'f-0000' })
  }

  /** The process that leads ends, and another one leads: it knows what is stored, and has a subscription. */
  failover(): void {
    const state = createState(this.#config, createRandom(++this.#lives))
    state.frameworkId = 'f-0000'
    for (const [key, value] of this.store) {
      const json: unknown = JSON.parse(value)
      if (key.startsWith('runs/')) state.runs.put(restoreRun(storedRunSchema.parse(json)))
      if (!key.startsWith('jobs/')) continue
      const record = restoreJob(storedJobSchema.parse(json), this.#config.defaults)
      state.jobs.set(record.job.name, record)
      relink(state, undefined, record.job)
    }
    this.state = state
    this.timers.clear()
    this.calls = []
    this.input({ type: 'start' })
    this.input({ type: 'connected', frameworkId: 'f-0000' })
    this.fire()
  }

  /** Somebody sets the clock. As in the loop, a timer waits no longer because it was set back. */
  setClock(byMs: number): void {
    this.now += byMs
    if (byMs < 0) for (const [key, at] of this.timers) this.timers.set(key, at + byMs)
    this.fire()
  }

  /** The process dies of the input, and nothing of it is left but what it has stored. */
  dieOf(input: Input, death: Death): void {
    const effects = step(this.state, input, this.now)
    if (death === 'before-send') this.#write(effects)
    this.failover()
  }

  input(input: Input): readonly Effect[] {
    const effects = step(this.state, input, this.now)
    this.#write(effects)
    for (const effect of effects) {
      if (effect.type === 'call') this.calls.push(effect.call)
      if (effect.type === 'notify') this.notifications.push(effect.notification)
      if (effect.type !== 'timer') continue
      if (effect.at === undefined) this.timers.delete(effect.key)
      else this.timers.set(effect.key, effect.at)
    }
    return effects
  }

  command(command: Command): Reply {
    const effects = this.input({ type: 'command', id: 'c', command })
    const reply = effects.find((effect) => effect.type === 'reply')
    invariant(reply?.type === 'reply', 'a command is answered')
    this.fire()
    return reply.reply
  }

  put(document: Record<string, unknown>): Reply {
    return this.command({ type: 'put-job', document, endpoint: 'parents' in document ? 'dependency' : 'iso8601' })
  }

  fire(): void {
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a[1] - b[1]).filter(([, at]) => at <= this.now)
      if (next === undefined) return
      this.timers.delete(next[0])
      this.input({ type: 'timer', key: next[0] })
    }
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = Math.min(...this.timers.values(), end)
      this.now = Math.max(this.now, next)
      this.fire()
      if (this.now >= end) return
    }
  }

  #write(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === 'store') applyWrites(this.store, effect.writes)
  }

  /** One offer; returns the tasks that were launched on it. */
  offer(cpus = 4, attributes: mesos.Attribute[] = []): mesos.TaskInfo[] {
    const before = this.calls.length
    this.input(this.offers(cpus, attributes))
    const accepts = this.calls.slice(before).flatMap((call) => call.accept?.operations ?? [])
    return accepts.flatMap((operation) => operation.launch?.task_infos ?? [])
  }

  offers(cpus = 4, attributes: mesos.Attribute[] = []): Input {
    const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })
    const offer: mesos.Offer = {
      id: { value: `o${this.#offers++}` },
      framework_id: { value: 'f-0000' },
      agent_id: { value: 'a-S0' },
      hostname: 'node-1',
      resources: [scalar('cpus', cpus), scalar('mem', 8192), scalar('disk', 10_000)],
      attributes,
    }
    return { type: 'offers', offers: [offer] }
  }

  update(taskId: string, state: mesos.TaskState, more: Partial<mesos.TaskStatus> = {}): void {
    const status = { task_id: { value: taskId }, state, agent_id: { value: 'a-S0' }, ...more }
    this.input({ type: 'update', status })
  }

  /** Launches what is queued and ends it. */
  runAll(state: mesos.TaskState = 'TASK_FINISHED'): string[] {
    const ids = this.offer().map((task) => task.task_id.value)
    for (const id of ids) {
      this.update(id, 'TASK_RUNNING')
      this.update(id, state)
    }
    return ids
  }

  runs(name: string): Run[] {
    return runsOf(this.state, name).toReversed()
  }

  job(name: string): Record<string, unknown> {
    const [found] = (listJobs(this.state, '3') as Record<string, unknown>[]).filter((job) => job['name'] === name)
    invariant(found, 'the job exists')
    return found
  }
}

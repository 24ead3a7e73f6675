/** Marathon's metrics under its own names. */
import { countsOf } from '@thermosphere/marathon-core'
import type { Instance, MarathonState } from '@thermosphere/marathon-core'
import type { scheduler } from '@thermosphere/protocol'
import { createMetrics } from '@thermosphere/service-kit'
import type { Metrics } from '@thermosphere/service-kit'
import { VERSION } from '../version.ts'

const prefix = 'marathon.'

export class MarathonMetrics {
  readonly #metrics: Metrics = createMetrics()
  readonly #startedAt = Date.now()
  #activeRequests = 0
  #leading: { readonly state: MarathonState; readonly since: number } | undefined

  constructor() {
    const ofState = (read: (state: MarathonState) => number) => () =>
      this.#leading === undefined ? 0 : read(this.#leading.state)
    const ofInstances = (read: (state: MarathonState, all: readonly Instance[]) => number) =>
      ofState((state) => read(state, [...state.instances.all()]))
    this.#gauge(
      'apps.active.gauge',
      ofState(({ root }) => root.apps.size),
    )
    this.#gauge('pods.active.gauge', () => 0)
    this.#gauge(
      'groups.active.gauge',
      ofState(({ root }) => root.groups.size),
    )
    this.#gauge(
      'deployments.active.gauge',
      ofState(({ deployments }) => deployments.size),
    )
    this.#gauge(
      'instances.running.gauge',
      ofInstances((state, all) => countsOf(state, all).tasksRunning),
    )
    this.#gauge(
      'instances.staged.gauge',
      ofInstances((state, all) => countsOf(state, all).tasksStaged),
    )
    this.#gauge(
      'instances.inflight-kills.gauge',
      ofState(({ kills }) => kills.size),
    )
    this.#gauge(
      'instances.inflight-kill-attempts.gauge',
      ofState(({ kills }) => kills.values().reduce((sum, { attempts }) => sum + attempts, 0)),
    )
    this.#gauge(
      'instances.launch-overdue.gauge',
      ofInstances((state, all) => all.filter((instance) => isOverdue(state, instance)).length),
    )
    this.#gauge('uptime.gauge.seconds', () => (Date.now() - this.#startedAt) / 1000)
    this.#gauge('leadership.duration.gauge.seconds', () =>
      this.#leading === undefined ? 0 : (Date.now() - this.#leading.since) / 1000,
    )
    this.#gauge('http.requests.active.gauge', () => this.#activeRequests)
  }

  /** What the gauges read from now on: the state of the present term, if there is one. */
  watch(state: MarathonState | undefined): void {
    this.#leading = state === undefined ? undefined : { state, since: Date.now() }
  }

  countEvent(event: scheduler.Event): void {
    if (event.offers !== undefined) this.#count('mesos.offers.incoming.counter', event.offers.offers?.length ?? 0)
    if (event.update === undefined) return
    const state = event.update.status.state.toLowerCase().replaceAll('_', '-')
    this.#count(`mesos.task-updates.${state}.counter`, 1)
  }

  countCall(call: scheduler.Call): void {
    const launched = call.accept?.operations?.flatMap((operation) => operation.launch?.task_infos ?? []).length ?? 0
    if (call.type === 'ACCEPT') {
      this.#count('mesos.offers.used.counter', 1)
      this.#count('mesos.offer-operations.launch.counter', call.accept?.operations?.length ?? 0)
      this.#count('tasks.launched.counter', launched)
    } else if (call.type === 'DECLINE')
      this.#count('mesos.offers.declined.counter', call.decline?.offer_ids?.length ?? 0)
    else if (call.type === 'REVIVE') this.#count('mesos.calls.revive.counter', 1)
    else if (call.type === 'SUPPRESS') this.#count('mesos.calls.suppress.counter', 1)
  }

  countEventType(eventType: string): void {
    if (eventType === 'deployment_success' || eventType === 'deployment_failed') this.#count('deployments.counter', 1)
  }

  requestBegan(): void {
    this.#activeRequests++
  }

  requestEnded(): void {
    this.#activeRequests--
  }

  /** For createHttpApp. */
  observe({ status, durationMs }: { readonly status: number; readonly durationMs: number }): void {
    this.#count(`http.responses.${Math.floor(status / 100)}xx.counter`, 1)
    this.#metrics.timer(`${prefix}http.requests.duration.timer`).observe(durationMs)
  }

  prometheus(): Promise<string> {
    return this.#metrics.prometheus()
  }

  get prometheusContentType(): string {
    return this.#metrics.prometheusContentType
  }

  /** The JSON of `/metrics`. */
  json(): unknown {
    const counters: Record<string, { count: number }> = {}
    const gauges: Record<string, { value: number }> = {}
    const timers: Record<string, Record<string, number>> = {}
    for (const [name, value] of Object.entries(this.#metrics.snapshot())) {
      if (name.endsWith('.counter')) counters[name] = { count: value }
      else if (name.includes('.timer')) addTimer(timers, name, value)
      else gauges[name] = { value }
    }
    return { version: VERSION, counters, gauges, histograms: {}, meters: {}, timers }
  }

  #gauge(name: string, read: () => number): void {
    this.#metrics.gauge(prefix + name, read)
  }

  #count(name: string, by: number): void {
    this.#metrics.counter(prefix + name).increment(by)
  }
}

/** A launch that nobody has confirmed for longer than it may take. */
function isOverdue(state: MarathonState, instance: Instance): boolean {
  const { condition, since } = instance.state
  const isLaunching = condition === 'Provisioned' || condition === 'Staging' || condition === 'Starting'
  return isLaunching && Date.now() - since > state.config.taskLaunchTimeoutMs
}

/** `a.timer_ms/p50` is member `p50` of the timer `a.timer`. */
function addTimer(timers: Record<string, Record<string, number>>, name: string, value: number): void {
  const [timer = name, member = 'last'] = name.split('_ms')
  timers[timer] = { ...timers[timer], [member.replace('/', '') || 'last']: value }
}

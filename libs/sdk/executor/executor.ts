/**
 * An executor: it runs tasks for a framework on one agent. Updates are repeated until the agent has acknowledged them;
 * when the agent's process is away, the executor waits for it as long as the agent's recovery timeout allows.
 */
import type { executor, mesos } from '@thermosphere/protocol'
import { ExecutorClient } from '@thermosphere/protocol/node'
import type { ExecutorSettings } from '@thermosphere/protocol/node'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExecutorError } from '../errors.ts'
import { executorSettings } from './config.ts'
import { TaskKilled, TaskRun } from './launched-task.ts'
import type { Launch } from './launched-task.ts'

export type ExecutorOptions = {
  /** Called for each task, also while others run. */
  readonly launch: Launch
  /** A message of the framework, best effort. */
  readonly onMessage?: (data: Uint8Array) => void
  /** Ends when its last task has ended and the agent knows it. Otherwise it waits for further tasks. */
  readonly endsWhenIdle?: boolean
  /** What the agent told; read from the environment unless given. */
  readonly settings?: ExecutorSettings
}

const nanosecondsPerMs = 1_000_000

/**
 * A custom executor. Its process should end when `run` resolves.
 * @example
 * await new Executor({
 *   async launch(task) {
 *     task.running()
 *     await work(task.info.data, task.signal)
 *   },
 * }).run()
 */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #settings: ExecutorSettings
  readonly #client: ExecutorClient
  readonly #runs = new Map<string, TaskRun>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #grace = new AbortController()
  #hasLaunched = false
  #isConnected = false
  #isEnding = false
  #saysKilling = false

  /** Throws ExecutorError when the environment is not that of an executor. */
  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#settings = options.settings ?? executorSettings()
    this.#client = new ExecutorClient({
      settings: this.#settings,
      onEvent: (event) => this.#onEvent(event),
      onConnected: () => (this.#isConnected = true),
      onDisconnected: () => (this.#isConnected = false),
      onShutdown: () => void this.#shutDown(),
    })
  }

  /**
   * Runs tasks until the agent asks for the end, is gone for good, or (`endsWhenIdle`) nothing is left to do. Rejects
   * with ExecutorError when the agent reports an error.
   */
  run(): Promise<void> {
    this.#client.start()
    return this.#ended.promise
  }

  /** Sends data to the framework, best effort: it may be lost. Rejects with CallError. */
  send(data: Uint8Array): Promise<void> {
    return this.#client.message(data)
  }

  #onEvent({ type, subscribed, launch, launch_group: group, kill, message, error }: executor.Event): void {
    if (subscribed !== undefined) this.#saysKilling = knowsKilling(subscribed.framework_info)
    for (const info of launch === undefined ? (group?.task_group.tasks ?? []) : [launch.task]) this.#launch(info)
    if (kill !== undefined) this.#kill(kill)
    if (message !== undefined) this.#options.onMessage?.(message.data)
    if (type === 'ACKNOWLEDGED') this.#endWhenIdle()
    if (type !== 'ERROR') return
    const text = `the agent reports an error: ${error?.message ?? 'without a message'}; look into its log`
    this.#ended.reject(new ExecutorError('AGENT_ERROR', text))
    void this.#shutDown()
  }

  #launch(info: mesos.TaskInfo): void {
    const id = info.task_id.value
    // An agent that has restarted may send what this executor has already.
    if (this.#isEnding || this.#runs.has(id)) return
    this.#hasLaunched = true
    const run = new TaskRun({
      info,
      launch: this.#options.launch,
      update: (status) => this.#client.update(status),
    })
    this.#runs.set(id, run)
    void run.run().finally(() => {
      this.#runs.delete(id)
      this.#endWhenIdle()
    })
  }

  #kill({ task_id, kill_policy }: executor.Event_Kill): void {
    const run = this.#runs.get(task_id.value)
    const graceNanoseconds = kill_policy?.grace_period?.nanoseconds
    const graceMs =
      graceNanoseconds === undefined ? this.#settings.shutdownGraceMs : Number(graceNanoseconds) / nanosecondsPerMs
    run?.kill(new TaskKilled({ by: 'kill', graceMs }), { saysKilling: this.#saysKilling })
  }

  #endWhenIdle(): void {
    if (this.#runs.size > 0) return
    const isKnown = this.#client.unacknowledgedCount === 0
    // An agent that is gone for good takes nothing over.
    if (this.#isEnding && (isKnown || !this.#isConnected)) void this.#end()
    else if (this.#options.endsWhenIdle === true && this.#hasLaunched && isKnown) void this.#end()
  }

  /** Tasks may end, and their last updates be taken over, within the grace that the agent gives. */
  async #shutDown(): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    const reason = new TaskKilled({ by: 'shutdown', graceMs: this.#settings.shutdownGraceMs })
    for (const run of this.#runs.values()) run.kill(reason, { saysKilling: false })
    this.#endWhenIdle()
    await sleep(this.#settings.shutdownGraceMs, undefined, { signal: this.#grace.signal }).catch(() => undefined)
    await this.#end()
  }

  async #end(): Promise<void> {
    this.#isEnding = true
    this.#grace.abort()
    await this.#client.close()
    this.#ended.resolve()
  }
}

const knowsKilling = ({ capabilities = [] }: mesos.FrameworkInfo): boolean =>
  capabilities.some(({ type }) => type === 'TASK_KILLING_STATE')

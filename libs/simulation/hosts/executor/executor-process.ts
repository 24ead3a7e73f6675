/**
 * The process of a framework's own executor: it subscribes with its agent, runs several tasks, and keeps what it has
 * told until that is acknowledged. It outlives its agent, and looks for the next one.
 */
import type { executor, mesos } from '@thermosphere/protocol'
import { nameOf } from '../agent/machine.ts'
import { SimProcess } from '../../kernel/index.ts'
import type { Line, Network } from '../../kernel/index.ts'
import type { Container, Exit, Machine } from '../agent/machine.ts'
import type { Answer, FromExecutorStream, ToExecutorCalls, ToExecutorStream } from '../wire.ts'
import { drawExecutorBehaviour } from './executor-behaviour.ts'
import type { ExecutorBehaviour } from './executor-behaviour.ts'
import { ExecutorTasks } from './executor-tasks.ts'

/** Who looks at every executor. */
export type ExecutorWatch = {
  onLaunched(taskId: string, container: Container, machine: Machine): void
  onKilled(taskId: string, isKnown: boolean): void
  onAcknowledged(status: mesos.TaskStatus): void
}

export type ExecutorProcessOptions = {
  readonly machine: Machine
  readonly container: Container
  readonly network: Network
  readonly watch: ExecutorWatch
}

const retryMsMin = 100
/** It looks so often whether it may end. */
const lookMs = 250
const shutdownMsMax = 2_000
const hastyMs = 1_000

export class ExecutorProcess {
  readonly process: SimProcess
  readonly #options: ExecutorProcessOptions
  readonly #behaviour: ExecutorBehaviour
  readonly #tasks: ExecutorTasks
  readonly #seen = new Set<string>()
  readonly #unacknowledgedTasks = new Map<string, mesos.TaskInfo>()
  readonly #unacknowledgedUpdates = new Map<string, executor.Call_Update>()
  /** Since its last subscription was sent. */
  readonly #untold = new Set<executor.Call_Update>()
  #calls: Line<ToExecutorCalls> | undefined
  #isSubscribed = false
  #isEnding = false
  #idleSince: number
  #nextCall = 1

  constructor(options: ExecutorProcessOptions) {
    const { machine, container } = options
    this.#options = options
    this.process = new SimProcess({ name: machine.name, time: machine.time, skew: machine.skew })
    this.#behaviour = drawExecutorBehaviour(machine.random)
    this.#idleSince = machine.time.now
    const { process } = this
    this.#tasks = new ExecutorTasks({ process, machine, container, onEnded: (id, state) => this.#onEnded(id, state) })
    const { subscribesAfterMs, diesAfterMs } = this.#behaviour
    if (subscribesAfterMs !== Infinity) {
      process.after(subscribesAfterMs, () => this.#subscribe())
      this.#lookLater()
    }
    if (diesAfterMs !== Infinity) process.after(diesAfterMs, () => this.#exit({ exitCode: 1 }))
  }

  #subscribe(): void {
    const { machine, network } = this.#options
    let isOver = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      stream.close()
      calls.close()
      this.#isSubscribed = false
      if (!this.#behaviour.returns) return
      this.process.after(retryMsMin + machine.random.integer(this.#behaviour.awayMsMax), () => this.#subscribe())
    }
    const stream = network.connect<FromExecutorStream, ToExecutorStream>(this.process, `${machine.name}/executor`, {
      onMessage: (message) => {
        if (message.type === 'refused') end()
        else if (!isOver) this.#onEvent(message.event)
      },
      onClose: end,
    })
    // A call that fails may have been heard: what it told is told again with the next subscription.
    const calls = network.connect<Answer, ToExecutorCalls>(this.process, `${machine.name}/executor-calls`, {
      onMessage: ({ status }) => void (status >= 400 && end()),
      onClose: end,
    })
    this.#calls = calls
    const { connectionMs } = this.#behaviour
    if (connectionMs !== Infinity) this.process.after(connectionMs, end)
    this.#untold.clear()
    stream.send({
      call: this.#call({
        type: 'SUBSCRIBE',
        subscribe: {
          unacknowledged_tasks: [...this.#unacknowledgedTasks.values()],
          unacknowledged_updates: [...this.#unacknowledgedUpdates.values()],
        },
      }),
    })
  }

  /** What happened while the agent had not answered yet is told now. */
  #subscribed(): void {
    this.#isSubscribed = true
    for (const update of this.#untold) this.#send(update)
    this.#untold.clear()
  }

  #send(update: executor.Call_Update): void {
    this.#calls?.send({ id: this.#nextCall++, call: this.#call({ type: 'UPDATE', update }) })
  }

  #onEvent({ type, launch, kill, acknowledged }: executor.Event): void {
    if (type === 'SUBSCRIBED') this.#subscribed()
    if (type === 'SHUTDOWN') this.#shutDown()
    if (launch !== undefined) this.#launch(launch.task)
    if (kill !== undefined) {
      const taskId = kill.task_id.value
      this.#options.watch.onKilled(taskId, this.#seen.has(taskId))
      this.#tasks.kill(taskId)
    }
    if (acknowledged === undefined) return
    const key = acknowledged.uuid.toHex()
    const update = this.#unacknowledgedUpdates.get(key)
    if (update === undefined) return
    this.#unacknowledgedUpdates.delete(key)
    this.#unacknowledgedTasks.delete(acknowledged.task_id.value)
    this.#options.watch.onAcknowledged(update.status)
  }

  #launch(task: mesos.TaskInfo): void {
    const { watch, container, machine } = this.#options
    const taskId = task.task_id.value
    this.#seen.add(taskId)
    this.#unacknowledgedTasks.set(taskId, task)
    this.#tasks.begin(task)
    watch.onLaunched(taskId, container, machine)
    if (this.#behaviour.tellsStarting) this.#tell(taskId, 'TASK_STARTING')
    this.#tell(taskId, 'TASK_RUNNING')
    if (this.#isEnding) this.#tasks.kill(taskId)
  }

  #onEnded(taskId: string, state: mesos.TaskState): void {
    this.#idleSince = this.process.time.now
    this.#tell(taskId, state)
  }

  #tell(taskId: string, state: mesos.TaskState): void {
    const { machine, container } = this.#options
    const uuid = machine.random.bytes(16)
    const status: mesos.TaskStatus = {
      task_id: { value: taskId },
      executor_id: { value: nameOf(container) },
      state,
      uuid,
      source: 'SOURCE_EXECUTOR',
      timestamp: this.process.now() / 1000,
    }
    const update = { status }
    this.#unacknowledgedUpdates.set(uuid.toHex(), update)
    if (this.#isSubscribed) this.#send(update)
    else this.#untold.add(update)
  }

  #call(call: Omit<executor.Call, 'framework_id' | 'executor_id'>): executor.Call {
    const { container } = this.#options
    const { launched } = container
    const frameworkId = launched.type === 'executor' ? launched.frameworkId : ''
    return { ...call, framework_id: { value: frameworkId }, executor_id: { value: nameOf(container) } }
  }

  #shutDown(): void {
    if (!this.#behaviour.obeysShutdown || this.#isEnding) return
    this.#isEnding = true
    this.#tasks.killAll()
    this.process.after(this.#options.machine.random.integer(shutdownMsMax), () => this.#exit({ exitCode: 0 }))
  }

  #lookLater(): void {
    this.process.after(lookMs, () => {
      const { idleMs, isHasty } = this.#behaviour
      const isHeard = this.#unacknowledgedUpdates.size === 0
      const idleForMs = this.#tasks.isIdle && this.#seen.size > 0 ? this.process.time.now - this.#idleSince : 0
      if (isHasty ? idleForMs > hastyMs : isHeard && idleForMs > idleMs) this.#exit({ exitCode: 0 })
      this.#lookLater()
    })
  }

  #exit(exit: Exit): void {
    this.#options.machine.end(this.#options.container, exit)
  }
}

/** The tasks in the process of an executor: when they begin and end, and how they take a KILL. */
import type { mesos } from '@thermosphere/protocol'
import { Resources } from '@thermosphere/offer-engine'
import type { SimProcess } from '../../kernel/index.ts'
import type { Container, Machine } from '../agent/machine.ts'
import { taskBehaviour } from '../agent/task-behaviour.ts'

export type ExecutorTasksOptions = {
  readonly process: SimProcess
  readonly machine: Machine
  readonly container: Container
  onEnded(taskId: string, state: mesos.TaskState): void
}

type Live = { readonly cpusMilli: number; readonly ignoresTerm: boolean }

const killMsMax = 1_000
/** One that ignores SIGTERM is given so long. */
const graceMs = 5_000

export class ExecutorTasks {
  readonly #options: ExecutorTasksOptions
  readonly #live = new Map<string, Live>()

  constructor(options: ExecutorTasksOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#live.size === 0
  }

  begin({ task_id, resources = [], data }: mesos.TaskInfo): void {
    const { process, machine, container } = this.#options
    const taskId = task_id.value
    const { runMs, exitCode, ignoresTerm } = taskBehaviour(new TextDecoder().decode(data))
    const cpusMilli = Resources.fromWire(resources).scalar('cpus')
    this.#live.set(taskId, { cpusMilli, ignoresTerm })
    container.cpusMilli += cpusMilli
    machine.begin(taskId, container)
    const state = exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED'
    if (runMs !== Infinity) process.after(runMs, () => this.#end(taskId, state))
  }

  kill(taskId: string): void {
    const { process, machine } = this.#options
    const live = this.#live.get(taskId)
    if (live === undefined) return
    const afterMs = machine.random.integer(killMsMax) + (live.ignoresTerm ? graceMs : 0)
    process.after(afterMs, () => this.#end(taskId, 'TASK_KILLED'))
  }

  killAll(): void {
    for (const taskId of this.#live.keys()) this.kill(taskId)
  }

  #end(taskId: string, state: mesos.TaskState): void {
    const { container, machine, onEnded } = this.#options
    const live = this.#live.get(taskId)
    if (live === undefined) return
    this.#live.delete(taskId)
    container.cpusMilli -= live.cpusMilli
    machine.finish(taskId, container)
    onEnded(taskId, state)
  }
}

/** A host with an agent on it: what outlives the agent's process. Its disk, its containers, its clock. */
import type { Millis, Random } from '@thermosphere/effects'
import type { LaunchPlan } from '@thermosphere/agent-core'
import type { mesos } from '@thermosphere/protocol'
import { SimDisk } from '../../kernel/index.ts'
import type { Cancel, VirtualTime } from '../../kernel/index.ts'
import { taskBehaviour } from './task-behaviour.ts'

export type Container = {
  readonly id: string
  readonly launched: Launched
  /** The task that it is, or those that the executor in it runs. */
  readonly taskIds: Set<string>
  /** Of what runs in it. */
  cpusMilli: number
  /** What it may use at most. */
  cpusMilliMax: number
  readonly ignoresTerm: boolean
  isRunning: boolean
  exitCode: number | undefined
  signal: number | undefined
  /** Somebody waits for its end. */
  onEnd: (() => void) | undefined
  cancelEnd: Cancel
  /** Once it has ended. */
  stopExecutor: () => void
}

/** What a container was launched for. */
export type Launched = { readonly cpusMilli: number } & (
  | { readonly type: 'task'; readonly taskId: string }
  | { readonly type: 'executor'; readonly frameworkId: string; readonly executorId: string }
)

/** Its task or executor, for a person. */
export const nameOf = ({ launched }: Container): string =>
  launched.type === 'task' ? launched.taskId : launched.executorId

/** A load average at which revocable resources are taken back, and one well above it. */
export const loadMax = 8
export const overload = 20

export type Exit = { readonly exitCode?: number; readonly signal?: number }

export class Machine {
  readonly name: string
  readonly time: VirtualTime
  readonly random: Random
  readonly disk: SimDisk
  readonly containers = new Map<string, Container>()
  readonly skew = { ms: 0 }
  /** Directories of volumes on its disk, each with the tasks that have written to it. */
  readonly volumes = new Map<string, string[]>()
  /** What its agent may offer as revocable. */
  spare: readonly mesos.Resource[] = []
  /** The load average of its processors. */
  load = 0
  /** A task begins in a container. */
  onStarted: (taskId: string, container: Container) => void = () => undefined
  onFinished: (taskId: string) => void = () => undefined
  onEnded: (container: Container) => void = () => undefined
  /** Starts the process of an executor; gives what ends it. */
  startExecutor: (container: Container) => () => void = () => () => undefined
  /** Its agent has told of the end of a task. */
  onEndTold: () => void = () => undefined
  bootCount = 1
  /** Containers of an agent that was forgotten: the next one ends them as orphans. */
  readonly abandoned = new Set<string>()

  constructor(name: string, surroundings: { readonly time: VirtualTime; readonly random: Random }) {
    this.name = name
    this.time = surroundings.time
    this.random = surroundings.random
    this.disk = new SimDisk(surroundings.random)
  }

  setSpare({ cpus, mib }: { readonly cpus: number; readonly mib: number }): void {
    const all = Object.entries({ cpus, mem: mib }).filter(([, value]) => value > 0)
    this.spare = all.map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value }, revocable: {} }))
  }

  running(): Container[] {
    return [...this.containers.values()].filter(({ isRunning }) => isRunning)
  }

  /** Tasks whose processes are there. */
  runningTasks(): string[] {
    return this.running().flatMap(({ taskIds }) => [...taskIds])
  }

  start(plan: LaunchPlan, launched: Launched): Container {
    const command = plan.command?.type === 'shell' ? plan.command.value : ''
    const { runMs, exitCode, ignoresTerm } = taskBehaviour(command)
    const container: Container = {
      id: plan.containerId,
      launched,
      taskIds: new Set(),
      cpusMilli: launched.cpusMilli,
      cpusMilliMax: plan.limits.cpusMilli,
      ignoresTerm,
      isRunning: true,
      exitCode: undefined,
      signal: undefined,
      onEnd: undefined,
      cancelEnd: () => undefined,
      stopExecutor: () => undefined,
    }
    this.containers.set(container.id, container)
    if (launched.type === 'executor') {
      container.stopExecutor = this.startExecutor(container)
      return container
    }
    const { taskId } = launched
    if (runMs !== Infinity) container.cancelEnd = this.time.after(runMs, () => this.end(container, { exitCode }))
    for (const { source } of plan.mounts) this.volumes.set(source, [...(this.volumes.get(source) ?? []), taskId])
    this.begin(taskId, container)
    return container
  }

  begin(taskId: string, container: Container): void {
    container.taskIds.add(taskId)
    this.onStarted(taskId, container)
  }

  /** A task ends, and the executor that ran it goes on. */
  finish(taskId: string, container: Container): void {
    container.taskIds.delete(taskId)
    this.onFinished(taskId)
  }

  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    const container = this.containers.get(id)
    if (container === undefined || (signal === 'SIGTERM' && container.ignoresTerm)) return
    const ms: Millis = signal === 'SIGKILL' ? 10 : this.random.integer(1_000)
    this.time.after(ms, () => this.end(container, { signal: signal === 'SIGKILL' ? 9 : 15 }))
  }

  end(container: Container, { exitCode, signal }: Exit): void {
    if (!container.isRunning) return
    container.cancelEnd()
    container.isRunning = false
    container.exitCode = exitCode
    container.signal = signal
    container.stopExecutor()
    this.onEnded(container)
    container.onEnd?.()
  }

  /** Ends it at once and forgets it. */
  destroy(id: string): void {
    const container = this.containers.get(id)
    if (container !== undefined) this.end(container, { signal: 9 })
  }

  /** The power is gone: every process with it, and how they ended. */
  reboot(): void {
    this.bootCount++
    for (const container of this.containers.values()) {
      container.onEnd = undefined
      this.end(container, {})
    }
    this.containers.clear()
  }

  /** The operator gives the host a new agent: only what is reserved stays. */
  forgetAgent(): void {
    for (const { id } of this.running()) this.abandoned.add(id)
    for (const key of [...this.disk.entries.keys()]) if (key !== 'resources') this.disk.entries.delete(key)
  }
}

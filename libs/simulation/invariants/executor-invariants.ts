/** What must hold between an agent and the executors of frameworks on its host. */
import type { executor, mesos } from '@thermosphere/protocol'
import type { PendingUpdate } from '../hosts/agent/agent-host.ts'
import { nameOf } from '../hosts/agent/machine.ts'
import type { Container, Machine } from '../hosts/agent/machine.ts'
import type { ExecutorWatch } from '../hosts/executor/executor-process.ts'
import { endStates } from '../hosts/scheduler/task-states.ts'
import type { Report } from '../world/report.ts'
import { isUpdateStored } from './update-invariants.ts'

/** What a task may be told to be that somebody else than its executor has ended. */
const endsOfOthers: ReadonlySet<string> = new Set(['TASK_GONE_BY_OPERATOR', 'TASK_GONE', 'TASK_LOST', 'TASK_UNKNOWN'])

export class ExecutorInvariants implements ExecutorWatch {
  readonly #report: Report
  readonly #count: (name: string) => void
  /** Killed before their executor knew them. */
  readonly #killed = new Set<string>()
  /** By task, the end that its agent has taken over from its executor. */
  readonly #ends = new Map<string, string>()

  constructor(report: Report, count: (name: string) => void) {
    this.#report = report
    this.#count = count
  }

  /** The process of an executor begins. */
  onStarted(container: Container, { name, disk }: Machine): void {
    this.#count('executors started')
    const { launched } = container
    const key = launched.type === 'executor' ? `executor/${launched.frameworkId}/${launched.executorId}` : ''
    if (!disk.entries.has(key))
      this.#report('no-orphan-containers', `${name} starts ${nameOf(container)}, which is not on its disk`)
  }

  onLaunched(taskId: string, container: Container, { name }: Machine): void {
    this.#count('tasks on executors')
    if (this.#killed.has(taskId))
      this.#report('kills-follow-launches', `${name} has ${taskId} killed before it is launched`)
    const { cpusMilli, cpusMilliMax } = container
    if (cpusMilli > cpusMilliMax) {
      const [needs, has] = [cpusMilli / 1000, cpusMilliMax / 1000]
      this.#report(
        'executors-hold-their-tasks',
        `${nameOf(container)} needs ${needs} cpus with ${taskId}, and has ${has}`,
      )
    }
  }

  onKilled(taskId: string, isKnown: boolean): void {
    if (!isKnown) this.#killed.add(taskId)
  }

  onAcknowledged({ task_id, state }: mesos.TaskStatus): void {
    if (endStates.has(state) && !this.#ends.has(task_id.value)) this.#ends.set(task_id.value, state)
  }

  /** What an executor hears to be acknowledged is on the disk of its agent, or was acknowledged by its framework. */
  onTold({ acknowledged }: executor.Event, { name, disk }: Machine, pending: readonly PendingUpdate[]): void {
    if (acknowledged === undefined) return
    const { task_id, uuid } = acknowledged
    if (!pending.some(({ status }) => status.uuid?.toHex() === uuid.toHex())) return
    if (!isUpdateStored(disk, acknowledged))
      this.#report('executors-hear-what-is-stored', `${name} acknowledges an update of ${task_id.value} unwritten`)
  }

  /** A framework is told. */
  onStatus({ task_id, state, reason }: mesos.TaskStatus): void {
    const end = this.#ends.get(task_id.value)
    if (end === undefined || !endStates.has(state) || state === end || endsOfOthers.has(state)) return
    this.#report(
      'executors-have-the-last-word',
      `${task_id.value} ended as ${end}, which its agent had taken over, and is told as ${state} (${reason})`,
    )
  }
}

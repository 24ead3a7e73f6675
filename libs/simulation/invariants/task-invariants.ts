/** What must hold of every task, from its checkpoint to what its framework is told. */
import type { mesos } from '@thermosphere/protocol'
import { agentCpus } from '../hosts/agent/agent-config.ts'
import type { Container, Machine } from '../hosts/agent/machine.ts'
import type { FrameworkWatch } from '../hosts/scripted/scripted-framework.ts'
import type { Report } from '../world/report.ts'

const ended: ReadonlySet<string> = new Set(['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_ERROR'])

export class TaskInvariants implements FrameworkWatch {
  readonly #report: Report
  readonly #told = new Map<string, mesos.TaskState>()
  readonly #ran = new Set<string>()
  readonly #running = new Set<string>()
  readonly #uuids = new Set<string>()
  updateCount = 0
  orphanCount = 0

  constructor(report: Report) {
    this.#report = report
  }

  onStarted(taskId: string, { id }: Container, machine: Machine): void {
    if (this.#ran.has(taskId)) this.#report('one-terminal-state', `${taskId} is started a second time`)
    this.#ran.add(taskId)
    const isStored = [...machine.disk.entries.keys()].some(
      (key) => key.startsWith('task/') && key.endsWith(`/${taskId}`),
    )
    if (!isStored)
      this.#report('no-orphan-containers', `${machine.name} starts ${id} for ${taskId}, which is not on its disk`)
    const cpusMilli = machine.running().reduce((total, one) => total + one.cpusMilli, 0)
    if (cpusMilli > agentCpus * 1000)
      this.#report(
        'resources-conserved',
        `${machine.name} runs containers with ${cpusMilli / 1000} cpus of ${agentCpus}`,
      )
  }

  onOrphan({ taskIds, id }: Container, machine: Machine): void {
    this.orphanCount++
    const running = [...taskIds].find((taskId) => this.#running.has(taskId))
    if (running !== undefined && !machine.abandoned.has(id))
      this.#report('tasks-survive-their-agent', `${machine.name} ended ${id} of ${running}, which was told to run`)
  }

  onStatus(status: mesos.TaskStatus): void {
    this.updateCount++
    const { task_id, state, uuid, reason } = status
    const id = task_id.value
    if (state === 'TASK_RUNNING') this.#running.add(id)
    const key = uuid === undefined ? undefined : `${id} ${uuid.join()}`
    // Updates are told until they are acknowledged; answers about unknown tasks are no news.
    if (reason === 'REASON_RECONCILIATION' || (key !== undefined && this.#uuids.has(key))) return
    if (key !== undefined) this.#uuids.add(key)
    const before = this.#told.get(id)
    // What a drain has killed is told as gone, and by a master that hears it anew first as what it is.
    const isGone = state === 'TASK_GONE_BY_OPERATOR' && before === 'TASK_KILLED' && reason === 'REASON_AGENT_DRAINING'
    if (before !== undefined && ended.has(before) && before !== state && !isGone)
      this.#report('one-terminal-state', `${id} was told to be ${before}, and then ${state} (${reason ?? 'no reason'})`)
    else this.#told.set(id, state)
  }
}

/** Revocable resources of agents: what they tell their master of, and whom they end under load. */
import type { AgentEffect, AgentState } from '@thermosphere/agent-core'
import type { Millis } from '@thermosphere/effects'
import type { Master } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import type { Machine } from '../../hosts/agent/machine.ts'
import { endStates } from '../../hosts/scheduler/task-states.ts'
import type { SimProcess } from '../../kernel/index.ts'
import type { Report } from '../../world/report.ts'

/** What uses revocable resources is killed at once; it ends within that long of an agent that is awake. */
const endsMsMax: Millis = 5_000
/** An agent asks its estimator every 15 s; what it tells is delayed for as long as a connection lives. */
const toldMsMax: Millis = 45_000

type Place = { readonly process: SimProcess; readonly machine: Machine; readonly state: AgentState }
type AgentTask = { readonly info: mesos.TaskInfo; readonly state: string; readonly statuses: mesos.TaskStatus[] }

export class RevocableInvariants {
  readonly #report: Report
  readonly #count: (name: string) => void
  /** By host, tasks that have to go, and since when. */
  readonly #corrected = new Map<Machine, Map<string, Millis>>()
  /** All that ever had to. */
  readonly #ever = new Set<string>()
  /** By host, since when its master counts with something else than there is. */
  readonly #differs = new Map<Machine, Millis>()

  constructor(report: Report, count: (name: string) => void) {
    this.#report = report
    this.#count = count
  }

  /** An agent is about to hear that the load of its host is too high. */
  onOverload(state: AgentState, machine: Machine): void {
    const corrected = this.#correctedOf(machine)
    for (const { phase, tasks } of executorsOf(state)) {
      if (phase.type !== 'registering' && phase.type !== 'running') continue
      for (const [id, task] of tasks) {
        if (endStates.has(task.state) || revocableOf([task]).isEmpty()) continue
        this.#count('tasks corrected')
        corrected.set(id, machine.time.now)
        this.#ever.add(id)
      }
    }
  }

  onStepped(state: AgentState, machine: Machine, effects: readonly AgentEffect[]): void {
    for (const effect of effects) {
      const said = effect.type === 'send' ? effect.message.update_agent?.oversubscribed : undefined
      if (said === undefined) continue
      this.#differs.delete(machine)
      const told = Resources.fromWire(said.resources)
      const used = revocableOf(liveTasks(state))
      if (!told.contains(used))
        this.#report('revocable-within-what-was-told', `${machine.name} tells of ${told}, and ${used} is in use`)
    }
    const corrected = this.#correctedOf(machine)
    if (corrected.size === 0) return
    const tasks = new Map(executorsOf(state).flatMap((executor) => [...executor.tasks]))
    for (const id of corrected.keys()) {
      const task = tasks.get(id)
      if (task !== undefined && !endStates.has(task.state)) continue
      corrected.delete(id)
      const last = task?.statuses.at(-1)
      if (last !== undefined && !isPreempted(last))
        this.#report('corrections-end-tasks', `${id} had to go and ended as ${last.state} (${last.reason})`)
    }
  }

  /** What an agent has not written down before it ended, it does not know. */
  onRecovered(state: AgentState, machine: Machine): void {
    this.#differs.delete(machine)
    const corrected = this.#correctedOf(machine)
    const runs = new Map(executorsOf(state).flatMap(({ tasks }) => [...tasks].map(([id, { run }]) => [id, run])))
    for (const id of corrected.keys()) {
      const run = runs.get(id)
      const isKnown = run?.type === 'killing' && run.cause === 'preemption'
      // Of a host without power nothing is left to be killed.
      if (!isKnown || state.rebooted) corrected.delete(id)
    }
  }

  onSent({ status_update }: agentLink.AgentMessage, { name }: Machine): void {
    const status = status_update?.status
    if (status?.reason !== 'REASON_CONTAINER_PREEMPTED') return
    const id = status.task_id.value
    if (!this.#ever.has(id)) this.#report('corrections-end-tasks', `${name} has ended ${id}, which did not have to go`)
    if (!isPreempted(status)) this.#report('corrections-end-tasks', `${id} had to go and is told as ${status.state}`)
  }

  /** Called now and then for each agent, with the master that leads and is awake. */
  look({ process, machine, state }: Place, leader: Master | undefined): void {
    const now = process.time.now
    const isHindered = !process.isUp || process.isPaused || !machine.disk.isCalm
    for (const [id, since] of this.#correctedOf(machine)) {
      if (isHindered) this.#correctedOf(machine).set(id, now)
      else if (now - Math.max(since, process.awakeSince) > endsMsMax)
        this.#report('corrections-end-tasks', `${id} had to go and is still on ${machine.name}`)
    }
    const known = leader?.agents.get(state.agentId ?? '')
    const isTelling = known?.connected === true && state.link.type === 'registered' && !isHindered
    if (!isTelling || isToldRight({ machine, state, known })) {
      this.#differs.delete(machine)
      return
    }
    const since = this.#differs.get(machine) ?? now
    this.#differs.set(machine, since)
    if (now - since > toldMsMax) this.#report('revocable-told-again', differenceOf({ machine, state, known }))
  }

  #correctedOf(machine: Machine): Map<string, Millis> {
    const corrected = this.#corrected.get(machine) ?? new Map<string, Millis>()
    this.#corrected.set(machine, corrected)
    return corrected
  }
}

type Known = { readonly machine: Machine; readonly state: AgentState; readonly known: { readonly total: Resources } }

/** Whether a master counts with what there is. */
export const isToldRight = ({ machine, state, known }: Known): boolean =>
  known.total.revocable().equals(expectedOf(state, machine))

export const differenceOf = ({ machine, state, known }: Known): string =>
  `${machine.name} has ${expectedOf(state, machine)}, and its master counts with ${known.total.revocable()}`

/** What its host can spare, and what is in use if that is more. */
function expectedOf(state: AgentState, { spare }: Machine): Resources {
  const used = revocableOf(liveTasks(state))
  return used.add(Resources.fromWire([...spare]).subtract(used))
}

const executorsOf = (state: AgentState) => [...state.frameworks.values()].flatMap((one) => [...one.executors.values()])

const liveTasks = (state: AgentState): AgentTask[] =>
  executorsOf(state)
    .flatMap(({ tasks }) => [...tasks.values()])
    .filter((task) => !endStates.has(task.state))

const revocableOf = (tasks: readonly Pick<AgentTask, 'info'>[]): Resources =>
  Resources.fromWire(tasks.flatMap(({ info }) => info.resources ?? []))
    .revocable()
    .unallocated()

/** As Mesos has it for frameworks that know about partitions, which all of these do. */
const isPreempted = ({ state, reason }: mesos.TaskStatus): boolean =>
  state === 'TASK_GONE' && reason === 'REASON_CONTAINER_PREEMPTED'

/** Where Marathon must stand once everything has been whole for a while. */
import type { Instance, MarathonState } from '@thermosphere/marathon-core'
import type { Memory } from '../../workload/memory.ts'
import { taskBehaviour } from '../agent/task-behaviour.ts'
import type { Report } from '../scheduler/report.ts'
import { isPlacedState } from './marathon-facts.ts'

export type MarathonEnd = {
  readonly state: MarathonState
  readonly memory: Memory
  /** Ids of the framework's tasks whose processes run. */
  readonly running: ReadonlySet<string>
}

export function marathonProblems({ state, memory, running }: MarathonEnd, report: Report): void {
  for (const problem of memory.appProblems(state)) report('acknowledged-changes-survive', problem)
  const owned = new Set([...state.instances.all()].flatMap((one) => taskOf(one) ?? []))
  for (const { id, goal, state: placed } of state.instances.all())
    if (goal !== 'Running' && isPlacedState(placed))
      report('marathon-ends-what-it-must', `${id} is to be ended and is ${placed.condition}`)
  for (const task of running) if (!owned.has(task)) report('no-orphan-tasks', `${task} runs and belongs to no instance`)
  const steady = new Set([...memory.apps].filter(([, { cmd }]) => runsOn(cmd)).map(([id]) => id))
  for (const { id, affected } of state.deployments.values())
    if ([...affected].every((app) => steady.has(app) || !memory.apps.has(app)))
      report('marathon-converges', `deployment ${id} of ${[...affected].join(', ')} does not end`)
  const busy = new Set([...state.deployments.values()].flatMap(({ affected }) => [...affected]))
  for (const id of steady) if (!busy.has(id)) checkApp(id, { state, memory, running }, report)
}

const runsOn = (command: string): boolean => taskBehaviour(command).runMs === Infinity

function taskOf({ state }: Instance): string | undefined {
  return isPlacedState(state) ? state.task.id : undefined
}

function checkApp(id: string, { state, memory, running }: MarathonEnd, report: Report): void {
  const app = state.root.apps.get(id)
  if (app === undefined) return
  const tasks = state.instances.of(id).flatMap((one) => taskOf(one) ?? [])
  const alive = tasks.filter((task) => running.has(task))
  const wanted = memory.apps.get(id)?.instances ?? app.instances
  if (alive.length !== wanted || tasks.length !== wanted)
    report('marathon-converges', `${id} has ${tasks.length} tasks of which ${alive.length} run, wanted are ${wanted}`)
  // A forced change of the count alone ends a restart under way, and leaves what it had not replaced.
  const { lastConfigChangeAt, lastScalingAt } = app.versionInfo
  const old = state.instances.of(id).filter(({ version }) => version < lastConfigChangeAt)
  if (old.length > 0 && lastScalingAt <= lastConfigChangeAt)
    report('marathon-converges', `${id} has ${old.length} instances of an older configuration`)
}

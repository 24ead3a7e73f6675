import type { maintenance, mesos } from '@thermosphere/protocol'
import type { StoreWrite } from '@thermosphere/effects'
import { persist, respond } from '../emit.ts'
import { leaveIfDown } from '../agents/register.ts'
import { machineKey, machinesOf, machineText } from '../machines.ts'
import { rescindInverseOffer, rescindOffers } from '../offers.ts'
import { putMachine, putSchedule } from '../registry.ts'
import { makeInverseOffers } from '../scheduler/inverse-offers.ts'
import type { Rest } from '../steps/rest.ts'
import type { Machine, Master, RequestId } from '../model.ts'

type Planned = { readonly id: mesos.MachineID; readonly unavailability: mesos.Unavailability }

const planOf = (schedule: maintenance.Schedule): Map<string, Planned> =>
  new Map(
    (schedule.windows ?? []).flatMap(({ machine_ids, unavailability }) =>
      (machine_ids ?? []).map((id) => [machineKey(id), { id, unavailability }] as const),
    ),
  )

const isNamed = (id: mesos.MachineID): boolean => Boolean(id.hostname) || Boolean(id.ip)

/** Why a schedule cannot replace the current one. */
function scheduleProblem(m: Master, schedule: maintenance.Schedule): string | undefined {
  const seen = new Set<string>()
  for (const { machine_ids, unavailability } of schedule.windows ?? []) {
    if (!machine_ids?.length) return 'List of machines in the maintenance window is empty'
    const negative = negativeTime(unavailability)
    if (negative !== undefined) return `Unavailability '${negative}' is negative`
    for (const id of machine_ids) {
      if (!isNamed(id)) return "Both 'hostname' and 'ip' for a machine are empty"
      if (seen.has(machineKey(id))) return `Machine '${machineText(id)}' appears more than once in the schedule`
      seen.add(machineKey(id))
    }
  }
  for (const [key, machine] of m.machines) {
    if (machine.mode === 'DOWN' && !seen.has(key))
      return `Machine '${machineText(machine.id)}' is deactivated and cannot be removed from the schedule`
  }
  return undefined
}

const negativeTime = (unavailability: mesos.Unavailability): 'start' | 'duration' | undefined =>
  (['start', 'duration'] as const).find((member) => Number(unavailability[member]?.nanoseconds ?? 0) < 0)

export function* onScheduleCall(m: Master, schedule: maintenance.Schedule, requestId: RequestId): Rest {
  const problem = scheduleProblem(m, schedule)
  if (problem !== undefined) return respond(m, requestId, { status: 400, text: problem })
  const plan = planOf(schedule)
  const dropped = [...m.machines].filter(([key]) => !plan.has(key)).map(([key, { id }]) => putMachine(key, id, 'UP'))
  const kept: StoreWrite[] = []
  for (const [key, { id, unavailability }] of plan) {
    kept.push(putMachine(key, id, modeOf(m, key), unavailability))
    yield
  }
  persist(m, [putSchedule(schedule), ...dropped, ...kept], { change: 'schedule', schedule, requestId })
}

const modeOf = (m: Master, key: string): Machine['mode'] => (m.machines.get(key)?.mode === 'DOWN' ? 'DOWN' : 'DRAINING')

/** Offers of agents on affected machines are made anew, now with the unavailability; inverse offers start. */
export function* onScheduleDurable(m: Master, schedule: maintenance.Schedule, requestId: RequestId): Rest {
  const plan = planOf(schedule)
  const before = new Map(m.machines)
  m.schedule = schedule
  for (const key of [...m.machines.keys()]) if (!plan.has(key)) m.machines.delete(key)
  for (const [key, { id, unavailability }] of plan) m.machines.set(key, { id, mode: modeOf(m, key), unavailability })
  m.inverseFilters.clear()
  for (const agent of m.agents.values()) {
    yield
    if (machinesOf(before, agent).length + machinesOf(plan, agent).length === 0) continue
    for (const offer of [...agent.inverseOffers]) rescindInverseOffer(m, offer)
    if (!m.machines.size) m.inverseAnswers.delete(agent.id)
    rescindOffers(m, agent.offers)
    m.allocator.updateAgent(agent.id, {})
  }
  yield* makeInverseOffers(m)
  respond(m, requestId, { status: 200 })
}

function machinesProblem(machines: readonly mesos.MachineID[]): string | undefined {
  if (machines.length === 0) return 'List of machines is empty'
  const seen = new Set<string>()
  for (const id of machines) {
    if (!isNamed(id)) return "Both 'hostname' and 'ip' for a machine are empty"
    if (seen.has(machineKey(id))) return `Machine '${machineText(id)}' appears more than once in the schedule`
    seen.add(machineKey(id))
  }
  return undefined
}

export function onStartMaintenance(m: Master, machines: readonly mesos.MachineID[], requestId: RequestId): void {
  const problem = machinesProblem(machines) ?? firstOf(machines, (id) => modeProblem(m, id, 'DRAINING', 'brought down'))
  if (problem !== undefined) return respond(m, requestId, { status: 400, text: problem })
  const writes = machines.map((id) =>
    putMachine(machineKey(id), id, 'DOWN', m.machines.get(machineKey(id))?.unavailability),
  )
  persist(m, writes, { change: 'machines-down', machines, requestId })
}

function firstOf<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found !== undefined) return found
  }
  return undefined
}

function modeProblem(m: Master, id: mesos.MachineID, mode: Machine['mode'], change: string): string | undefined {
  const machine = m.machines.get(machineKey(id))
  if (!machine) return `Machine '${machineText(id)}' is not part of a maintenance schedule`
  return machine.mode === mode
    ? undefined
    : `Machine '${machineText(id)}' is not in ${mode} mode and cannot be ${change}`
}

export function* onMachinesDown(m: Master, machines: readonly mesos.MachineID[], requestId: RequestId): Rest {
  for (const id of machines) {
    const machine = m.machines.get(machineKey(id))
    if (machine) machine.mode = 'DOWN'
  }
  for (const agent of [...m.agents.values()]) {
    leaveIfDown(m, agent)
    yield
  }
  respond(m, requestId, { status: 200 })
}

export function onStopMaintenance(m: Master, machines: readonly mesos.MachineID[], requestId: RequestId): void {
  const problem = machinesProblem(machines) ?? firstOf(machines, (id) => modeProblem(m, id, 'DOWN', 'brought up'))
  if (problem !== undefined) return respond(m, requestId, { status: 400, text: problem })
  const writes: StoreWrite[] = machines.map((id) => putMachine(machineKey(id), id, 'UP'))
  persist(m, [...writes, putSchedule(withoutMachines(m.schedule, machines))], {
    change: 'machines-up',
    machines,
    requestId,
  })
}

function withoutMachines(schedule: maintenance.Schedule, machines: readonly mesos.MachineID[]): maintenance.Schedule {
  const gone = new Set(machines.map(machineKey))
  const windows = (schedule.windows ?? []).map((window) => ({
    ...window,
    machine_ids: (window.machine_ids ?? []).filter((id) => !gone.has(machineKey(id))),
  }))
  return { windows: windows.filter((window) => window.machine_ids.length > 0) }
}

export function onMachinesUp(m: Master, machines: readonly mesos.MachineID[], requestId: RequestId): void {
  m.schedule = withoutMachines(m.schedule, machines)
  for (const id of machines) m.machines.delete(machineKey(id))
  respond(m, requestId, { status: 200 })
}

/** `/registrar(1)/registry`: what survives the master, in the members of Mesos' registry. */
import { encodeJson } from '@thermosphere/protocol'
import { late, listed, render, runsOf, separated } from '../answers/parts.ts'
import type { Part, Rendering } from '../answers/parts.ts'
import { array, double, object, raw, text } from '../views/json.ts'
import { timeInfo } from '../scheduler/reconcile.ts'
import type { AgentId, AgentRecord, GoneAgent, Machine, Master, UnreachableAgent } from '../model.ts'

const nanos = (at: number) => raw(encodeJson('mesos.v1.TimeInfo', timeInfo(at)))

const slave = ({ info, deactivated, drain }: AgentRecord) =>
  object({
    info: raw(encodeJson('mesos.v1.AgentInfo', info)),
    deactivated: raw(String(deactivated)),
    drain_info: drain && raw(encodeJson('mesos.v1.DrainInfo', drain)),
  })

const unreachableSlave = ([id, { at, deactivated, drain }]: readonly [AgentId, UnreachableAgent]) =>
  object({
    id: object({ value: text(id) }),
    timestamp: nanos(at),
    deactivated: raw(String(deactivated)),
    drain_info: drain && raw(encodeJson('mesos.v1.DrainInfo', drain)),
  })

const goneSlave = ([id, { at }]: readonly [AgentId, GoneAgent]) =>
  object({ id: object({ value: text(id) }), timestamp: nanos(at) })

const machineOf = ({ id, mode, unavailability }: Machine) =>
  object({
    info: object({
      id: raw(encodeJson('mesos.v1.MachineID', id)),
      mode: text(mode),
      unavailability: unavailability && raw(encodeJson('mesos.v1.Unavailability', unavailability)),
    }),
  })

const weightOf = ([role, weight]: readonly [string, number]) =>
  object({ info: object({ role: text(role), weight: double(weight) }) })

/** `"name":{"member":[…]}`. */
function* nested(name: string, member: string, items: Iterable<Part>): Generator<Part> {
  yield `"${name}":{`
  yield* listed(member, items)
  yield '}'
}

export function registryAnswer(m: Master): Rendering {
  const admitted: AgentRecord[] = [...m.recoveredAgents.values(), ...m.agents.values()]
  const unreachable = [...m.unreachableAgents]
  const gone = [...m.goneAgents]
  const hasSchedule = (m.schedule.windows ?? []).length > 0
  const form = <V extends object>(encode: (value: V) => string) => ({ separator: ',', encode }) as const
  return render(function* () {
    yield '{'
    yield* separated([
      [late(() => `"master":${object({ info: raw(encodeJson('mesos.v1.MasterInfo', m.info)) })}`)],
      nested('slaves', 'slaves', runsOf(admitted, form(slave))),
      nested('unreachable', 'slaves', runsOf(unreachable, form(unreachableSlave))),
      nested('gone', 'slaves', runsOf(gone, form(goneSlave))),
      nested('machines', 'machines', runsOf([...m.machines.values()], form(machineOf))),
      [
        late(
          () =>
            `"schedules":${array(hasSchedule ? [raw(encodeJson('mesos.v1.maintenance.Schedule', m.schedule))] : [])}`,
        ),
      ],
      listed('weights', runsOf([...m.weights], form(weightOf))),
      listed(
        'quota_configs',
        runsOf(
          [...m.quotas.values()],
          form((config) => encodeJson('mesos.v1.quota.QuotaConfig', config)),
        ),
      ),
    ])
    yield '}'
  })
}

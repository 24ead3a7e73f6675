/** Calls of an operator that plan maintenance, begin and end it. */
import type { Millis } from '@thermosphere/effects'
import type { Master } from '@thermosphere/master-core'
import type { master, mesos } from '@thermosphere/protocol'

export type MaintenanceType = 'schedule' | 'unschedule' | 'down' | 'up'
type Mode = 'DRAINING' | 'DOWN'
export type MaintenanceCall = {
  readonly call: master.Call
  /** The modes of all machines once it is done. */
  readonly value: string
}

const unavailabilityOf = (now: Millis): mesos.Unavailability => ({
  start: { nanoseconds: BigInt(Math.round(now)) * 1_000_000n },
  duration: { nanoseconds: 3_600_000_000_000n },
})

const machinesOf = (hosts: readonly string[]): mesos.MachineID[] => hosts.map((hostname) => ({ hostname }))

export function modesOf({ machines }: Master): Map<string, string> {
  return new Map([...machines.values()].map(({ id, mode }) => [id.hostname ?? '', mode]))
}

/** The modes of all machines that are not simply up, in one line. */
export const modesText = (modes: ReadonlyMap<string, string>): string =>
  [...modes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([host, mode]) => `${host} ${mode}`)
    .join(', ')

/** What an operator asks for about a host; undefined when it makes no sense. */
export function maintenanceCall(
  found: Master,
  { type, host, now }: { readonly type: MaintenanceType; readonly host: string; readonly now: Millis },
): MaintenanceCall | undefined {
  const modes = modesOf(found)
  const mode = modes.get(host)
  const to = (change: Mode | undefined, call: master.Call): MaintenanceCall => {
    if (change === undefined) modes.delete(host)
    else modes.set(host, change)
    return { call, value: modesText(modes) }
  }
  const machines = machinesOf([host])
  if (type === 'down' && mode === 'DRAINING')
    return to('DOWN', { type: 'START_MAINTENANCE', start_maintenance: { machines } })
  if (type === 'up' && mode === 'DOWN')
    return to(undefined, { type: 'STOP_MAINTENANCE', stop_maintenance: { machines } })
  if (type === 'schedule' && mode === undefined) return to('DRAINING', schedule([...modes.keys(), host], now))
  if (type !== 'unschedule' && type !== 'up') return undefined
  if (mode !== 'DRAINING') return undefined
  return to(
    undefined,
    schedule(
      [...modes.keys()].filter((one) => one !== host),
      now,
    ),
  )
}

function schedule(hosts: readonly string[], now: Millis): master.Call {
  const window = { machine_ids: machinesOf(hosts), unavailability: unavailabilityOf(now) }
  return {
    type: 'UPDATE_MAINTENANCE_SCHEDULE',
    update_maintenance_schedule: { schedule: { windows: hosts.length === 0 ? [] : [window] } },
  }
}

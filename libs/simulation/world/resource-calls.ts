/** Calls of an operator that reserve what an agent has free, make volumes of it, and undo both. */
import { isReserved, Resources } from '@thermosphere/offer-engine'
import type { Master } from '@thermosphere/master-core'
import type { master, mesos } from '@thermosphere/protocol'
import type { StatefulAction } from '../scenario/scenario.ts'

type Operate = Extract<StatefulAction, { type: 'operate' }>
type Agent = ReturnType<Master['agents']['get']> & object

const reservedCpus = 1
const reservedMib = 128
const volumeId = 'operators'

const volumesOf = ({ total }: Agent): mesos.Resource[] => total.persistentVolumes().toWire()
const reservationsOf = ({ total }: Agent): mesos.Resource[] =>
  total.filter(({ meta }) => isReserved(meta) && meta.disk === undefined).toWire()

/** What an operator would ask for after a look at the agent; undefined when there is nothing to ask for. */
export function resourceCall(agent: Agent, { operation, role }: Operate): master.Call | undefined {
  const agent_id = { value: agent.id }
  switch (operation) {
    case 'reserve': {
      const plain = Resources.parse(`cpus:${reservedCpus};disk:${reservedMib}`)
      const resources = plain.pushReservation({ type: 'DYNAMIC', role }).toWire()
      return { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources } }
    }
    case 'unreserve': {
      const resources = reservationsOf(agent).slice(0, 1)
      return resources.length === 0
        ? undefined
        : { type: 'UNRESERVE_RESOURCES', unreserve_resources: { agent_id, resources } }
    }
    case 'create': {
      const disk = reservationsOf(agent).find(({ name }) => name === 'disk')
      if (disk === undefined) return undefined
      const volume = { container_path: 'data', mode: 'RW' as const }
      const volumes = [{ ...disk, disk: { persistence: { id: volumeId }, volume } }]
      return { type: 'CREATE_VOLUMES', create_volumes: { agent_id, volumes } }
    }
    case 'destroy': {
      const volumes = volumesOf(agent).slice(0, 1)
      return volumes.length === 0 ? undefined : { type: 'DESTROY_VOLUMES', destroy_volumes: { agent_id, volumes } }
    }
  }
}

import { fromJsonObject, toJsonObject } from '@thermosphere/protocol'
import type { ContainerToRecover } from '../checkpoint/read-entries.ts'
import { storedWire } from '../checkpoint/stored.ts'
import type { StoredEntries } from '../checkpoint/stored.ts'
import { containerIdText } from '../ids.ts'
import type { AgentState } from '../state.ts'
import type { Turn } from '../turn.ts'
import type { OperatorContainer } from './operator-container.ts'

const VERSION = 1

const isStored = ({ kind, inheritance }: OperatorContainer): boolean => kind === 'default' && inheritance.isCheckpointed

/** Sessions, and what lives in containers of frameworks that do not checkpoint, end with the agent. */
export function saveOperatorContainer(turn: Turn, container: OperatorContainer, handle?: unknown): void {
  if (!isStored(container)) return
  const { id, sandbox, inheritance, phase, request } = container
  turn.put(`operator/${container.key}`, {
    v: VERSION,
    id: toJsonObject('mesos.v1.ContainerID', id),
    sandbox,
    inheritance,
    resources: request.resources.map((resource) => toJsonObject('mesos.v1.Resource', resource)),
    ...(phase.type === 'running' ? { pid: phase.pid, handle } : {}),
    ...(phase.type === 'ended' ? { end: phase.end } : {}),
  })
}

export function forgetOperatorContainer(turn: Turn, container: OperatorContainer): void {
  turn.state.operatorContainers.delete(container.key)
  if (isStored(container)) turn.remove(`operator/${container.key}`)
}

export function readOperatorContainers(state: AgentState, entries: StoredEntries): ContainerToRecover[] {
  const containers: ContainerToRecover[] = []
  entries.each('operator', ({ path, key: entry, value }) => {
    const [key = ''] = path
    const { pid, end, handle, inheritance } = value
    const id = storedWire(entry, () => fromJsonObject('mesos.v1.ContainerID', value.id))
    state.operatorContainers.set(key, {
      key,
      id,
      name: containerIdText(id),
      kind: 'default',
      request: {
        command: undefined,
        container: undefined,
        resources: storedWire(entry, () => value.resources.map((one) => fromJsonObject('mesos.v1.Resource', one))),
        limits: {},
      },
      sandbox: value.sandbox,
      inheritance: { ...inheritance, processKey: inheritance.processKey, user: inheritance.user },
      phase: end !== undefined ? { type: 'ended', end } : phaseOf(pid),
      isOrphan: false,
    })
    if (end === undefined && handle !== undefined) containers.push({ containerId: key, handle })
  })
  return containers
}

function phaseOf(pid: number | undefined): OperatorContainer['phase'] {
  return pid === undefined ? { type: 'launching', requestId: undefined } : { type: 'running', pid }
}

import type { agent, mesos } from '@thermosphere/protocol'
import { containerIdText } from '../ids.ts'
import type { Launched } from '../inputs.ts'
import type { Turn } from '../turn.ts'
import { findContainer, inheritanceOf, isAlive } from './places.ts'
import type { ContainerRequest, Inheritance, OperatorContainer, OperatorReply } from './operator-container.ts'
import { planOperatorContainer } from './plan.ts'
import { saveOperatorContainer } from './stored-containers.ts'

const DEPTH_MAX = 32
/** Running and ended ones that nobody removed; each is a directory and an entry of the journal. */
const CONTAINERS_MAX = 10_000

export type Launch = {
  readonly requestId: number
  readonly id: mesos.ContainerID
  readonly kind: OperatorContainer['kind']
  readonly request: ContainerRequest
}

/** What a call of any of the three kinds asks to launch. */
export function launchOf(requestId: number, call: agent.Call): Launch | undefined {
  const session = call.type === 'LAUNCH_NESTED_CONTAINER_SESSION' ? call.launch_nested_container_session : undefined
  const nested = call.type === 'LAUNCH_NESTED_CONTAINER' ? call.launch_nested_container : undefined
  const plain = call.type === 'LAUNCH_CONTAINER' ? call.launch_container : undefined
  const asked = session ?? nested ?? plain
  if (asked === undefined) return undefined
  const { container_id: id, command, container } = asked
  return {
    requestId,
    id,
    kind: session === undefined ? 'default' : 'session',
    request: { command, container, resources: plain?.resources ?? [], limits: plain?.limits ?? {} },
  }
}

export function launchContainer(turn: Turn, launch: Launch): void {
  const { state } = turn
  const { requestId, id, kind, request } = launch
  const refuse = (reply: OperatorReply): void => turn.soon({ type: 'operator-reply', requestId, reply })
  if (findContainer(state, id) !== undefined) return refuse({ status: 202 })
  const parent = parentOf(turn, launch)
  if ('status' in parent) return refuse(parent)
  const key = state.random.uuid()
  const planned = planOperatorContainer(state, { key, id, kind, request }, parent.inheritance)
  const container: OperatorContainer = {
    key,
    id,
    name: containerIdText(id),
    kind,
    request,
    sandbox: planned.plan.sandbox,
    inheritance: planned.inheritance,
    phase: { type: 'launching', requestId },
    isOrphan: false,
  }
  state.operatorContainers.set(key, container)
  saveOperatorContainer(turn, container)
  turn.durable({ type: 'launch', plan: planned.plan })
}

type Parent = { readonly inheritance: Inheritance | undefined } | OperatorReply

function parentOf({ state }: Turn, { id, request }: Launch): Parent {
  const problem = unsupported(request)
  if (problem !== undefined) return { status: 400, message: problem }
  if (state.operatorContainers.size >= CONTAINERS_MAX) {
    return {
      status: 400,
      message: `The agent has ${CONTAINERS_MAX} containers of operators already; remove ended ones`,
    }
  }
  if (id.parent === undefined) return { inheritance: undefined }
  const name = containerIdText(id.parent)
  if (depthOf(id) > DEPTH_MAX) return { status: 400, message: `Containers are nested ${DEPTH_MAX} deep at most` }
  const found = findContainer(state, id.parent)
  if (found?.type === 'operator' && found.container.phase.type === 'destroying') {
    return { status: 400, message: `Parent container ${name} is in 'DESTROYING' state` }
  }
  if (found === undefined || !isAlive(state, id.parent)) {
    return { status: 400, message: `Parent container ${name} does not exist` }
  }
  const inheritance = inheritanceOf(state, found)
  return inheritance === undefined ? { status: 400, message: 'Nested containers are not supported' } : { inheritance }
}

const depthOf = (id: mesos.ContainerID): number => (id.parent === undefined ? 1 : 1 + depthOf(id.parent))

/** What an agent without images, and whose nested containers share the cgroup of their root, cannot do. */
function unsupported({ container }: ContainerRequest): string | undefined {
  if (container === undefined) return undefined
  if (container.type !== 'MESOS') return 'The provided ContainerInfo is not supported'
  const image = container.mesos?.image?.type
  if (image !== undefined) return `Unsupported container image type: ${image}`
  if (container.linux_info?.share_cgroups !== false) return undefined
  return "'linux_info.share_cgroups' false is not supported: nested containers share the cgroup of their root container"
}

export function onOperatorLaunched(turn: Turn, container: OperatorContainer, launched: Launched): void {
  if (container.phase.type !== 'launching') {
    turn.soon({ type: 'destroy', containerId: container.key })
    return
  }
  const { requestId } = container.phase
  container.phase = { type: 'running', pid: launched.pid }
  saveOperatorContainer(turn, container, launched.handle)
  if (requestId === undefined) return
  turn.durable({ type: 'operator-reply', requestId, reply: { status: 200, containerKey: container.key } })
}

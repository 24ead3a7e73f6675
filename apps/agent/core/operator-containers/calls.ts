import type { agent, mesos } from '@thermosphere/protocol'
import { containerIdText } from '../ids.ts'
import type { AgentInput } from '../inputs.ts'
import type { Turn } from '../turn.ts'
import { destroyContainer, waitAnswer } from './ends.ts'
import type { WaitType } from './ends.ts'
import { launchContainer, launchOf } from './launch.ts'
import type { OperatorContainer, OperatorReply } from './operator-container.ts'
import { findContainer } from './places.ts'
import type { FoundContainer } from './places.ts'
import { forgetOperatorContainer } from './stored-containers.ts'

const SIGKILL = 9
const SIGNAL_MAX = 64

type Caller = { readonly turn: Turn; readonly requestId: number }

/** LAUNCH, WAIT, KILL and REMOVE of containers, under their present and their former names. */
export function onOperatorCall(turn: Turn, { requestId, call }: Extract<AgentInput, { type: 'operator-call' }>): void {
  const launch = launchOf(requestId, call)
  if (launch !== undefined) return launchContainer(turn, launch)
  const caller = { turn, requestId }
  const { type } = call
  if (type === 'WAIT_NESTED_CONTAINER' && call.wait_nested_container) {
    return wait(caller, type, call.wait_nested_container.container_id)
  }
  if (type === 'WAIT_CONTAINER' && call.wait_container) return wait(caller, type, call.wait_container.container_id)
  if (type === 'KILL_NESTED_CONTAINER' && call.kill_nested_container) return kill(caller, call.kill_nested_container)
  if (type === 'KILL_CONTAINER' && call.kill_container) return kill(caller, call.kill_container)
  const removed = removedBy(call)
  if (removed !== undefined) return remove(caller, removed)
  reply(caller, { status: 501, message: '501 Not Implemented.' })
}

function removedBy(call: agent.Call): mesos.ContainerID | undefined {
  if (call.type === 'REMOVE_NESTED_CONTAINER') return call.remove_nested_container?.container_id
  return call.type === 'REMOVE_CONTAINER' ? call.remove_container?.container_id : undefined
}

function reply({ turn, requestId }: Caller, answer: OperatorReply): void {
  turn.durable({ type: 'operator-reply', requestId, reply: answer })
}

function wait(caller: Caller, type: WaitType, id: mesos.ContainerID): void {
  const { state } = caller.turn
  const found = findContainer(state, id)
  if (found === undefined) {
    return reply(caller, { status: 404, message: `Container ${containerIdText(id)} cannot be found` })
  }
  if (found.type === 'operator' && found.container.phase.type === 'ended') {
    return reply(caller, { status: 200, response: waitAnswer(type, found.container.phase.end) })
  }
  const key = keyOf(found)
  const waits = state.containerWaits.get(key) ?? []
  state.containerWaits.set(key, [...waits, { requestId: caller.requestId, type }])
}

/** Whoever waited has gone. */
export function onOperatorGone({ state }: Turn, requestId: number): void {
  for (const [key, waits] of state.containerWaits) {
    const left = waits.filter((one) => one.requestId !== requestId)
    if (left.length === 0) state.containerWaits.delete(key)
    else state.containerWaits.set(key, left)
  }
}

function kill(
  caller: Caller,
  order: { readonly container_id: mesos.ContainerID; readonly signal?: number | undefined },
): void {
  const { turn } = caller
  const { container_id: id, signal = SIGKILL } = order
  const found = findContainer(turn.state, id)
  if (found === undefined || hasEnded(found)) {
    const message = `Container '${containerIdText(id)}' cannot be found (or is already killed)`
    return reply(caller, { status: 404, message })
  }
  if (signal < 0 || signal > SIGNAL_MAX) {
    return reply(caller, { status: 500, message: 'Unable to send signal to container: Invalid argument' })
  }
  if (found.type === 'operator' && found.container.phase.type === 'launching') destroyContainer(turn, found.container)
  else for (const containerId of processesOf(found)) turn.soon({ type: 'signal-number', containerId, signal })
  reply(caller, { status: 200 })
}

/** A pod has no process of its own: a signal goes to its members. */
function processesOf(found: FoundContainer): string[] {
  if (found.type === 'operator') return [found.container.key]
  const { executor, task } = found.place
  if (executor.kind !== 'group' || task !== undefined) return [found.key]
  return [...executor.tasks.values()].flatMap(({ containerId }) => containerId ?? [])
}

function remove(caller: Caller, id: mesos.ContainerID): void {
  const { turn, requestId } = caller
  const found = findContainer(turn.state, id)
  if (found !== undefined && !hasEnded(found)) {
    const kind = id.parent === undefined ? 'Container' : 'Nested container'
    return reply(caller, { status: 500, message: `${kind} has not terminated yet` })
  }
  if (found?.type === 'operator') {
    forgetOperatorContainer(turn, found.container)
    turn.durable({ type: 'remove-sandbox', path: found.container.sandbox, requestId })
    return
  }
  reply(caller, { status: 200 })
}

const keyOf = (found: FoundContainer): string => (found.type === 'operator' ? found.container.key : found.key)

function hasEnded(found: FoundContainer): boolean {
  if (found.type === 'operator') return found.container.phase.type === 'ended'
  const { executor, task } = found.place
  return task === undefined ? executor.phase.type === 'terminated' : task.run?.type === 'ended'
}

/** The connection of a session has ended, and with it the session. */
export function onSessionClosed(turn: Turn, containerKey: string): void {
  const container: OperatorContainer | undefined = turn.state.operatorContainers.get(containerKey)
  if (container !== undefined) destroyContainer(turn, container)
}

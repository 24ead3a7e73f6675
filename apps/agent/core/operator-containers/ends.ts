import type { agent } from '@thermosphere/protocol'
import type { ContainerEnd } from '../inputs.ts'
import { limitationCause } from '../tasks/task-states.ts'
import type { Turn } from '../turn.ts'
import { isAlive } from './places.ts'
import type { OperatorContainer } from './operator-container.ts'
import { forgetOperatorContainer, saveOperatorContainer } from './stored-containers.ts'

/** Sessions that have ended and that nobody removed; the oldest are forgotten first. */
const ENDED_SESSIONS_MAX = 100
const SIGKILL = 9

export function onOperatorEnded(turn: Turn, container: OperatorContainer, end: ContainerEnd): void {
  const { phase, key } = container
  const requestId = phase.type === 'destroying' || phase.type === 'launching' ? phase.requestId : undefined
  if (requestId !== undefined) {
    const message = end.message ?? 'The container ended before it was launched'
    turn.soon({ type: 'operator-reply', requestId, reply: { status: 400, message } })
  }
  settle(turn, container, end)
  // The containerizer keeps the status until then.
  turn.durable({ type: 'destroy', containerId: key })
  if (container.kind === 'session') forgetOldSessions(turn)
}

/** Nothing ran: an id that could not be launched is free again. */
export function onOperatorLaunchFailed(turn: Turn, container: OperatorContainer, message: string): void {
  turn.state.counters.containerLaunchErrors++
  const { phase, key } = container
  const requestId = phase.type === 'destroying' || phase.type === 'launching' ? phase.requestId : undefined
  if (requestId !== undefined) turn.soon({ type: 'operator-reply', requestId, reply: { status: 400, message } })
  answerWaits(turn, key, {})
  forgetOperatorContainer(turn, container)
}

function settle(turn: Turn, container: OperatorContainer, end: ContainerEnd): void {
  answerWaits(turn, container.key, end)
  if (container.isOrphan) return forgetOperatorContainer(turn, container)
  container.phase = { type: 'ended', end }
  saveOperatorContainer(turn, container)
}

function forgetOldSessions(turn: Turn): void {
  const ended = [...turn.state.operatorContainers.values()].filter(
    ({ kind, phase }) => kind === 'session' && phase.type === 'ended',
  )
  for (const old of ended.slice(0, -ENDED_SESSIONS_MAX)) forgetOperatorContainer(turn, old)
}

/** Ends it in whatever state; its end comes as an input. */
export function destroyContainer(turn: Turn, container: OperatorContainer): void {
  const { phase, key } = container
  if (phase.type === 'ended' || phase.type === 'destroying') return
  container.phase = {
    type: 'destroying',
    pid: phase.type === 'running' ? phase.pid : undefined,
    requestId: phase.type === 'launching' ? phase.requestId : undefined,
  }
  turn.durable({ type: 'destroy', containerId: key })
}

/** What lived in a container that has ended ends with it, and nothing of it is told any more. */
export function endOrphans(turn: Turn): void {
  const { state } = turn
  for (let found = true; found;) {
    found = false
    for (const container of [...state.operatorContainers.values()]) {
      const { id, isOrphan } = container
      if (isOrphan || id.parent === undefined || isAlive(state, id.parent)) continue
      found = true
      container.isOrphan = true
      if (container.phase.type === 'ended') forgetOperatorContainer(turn, container)
      else destroyContainer(turn, container)
    }
  }
  for (const key of [...state.containerWaits.keys()]) {
    if (!state.operatorContainers.has(key) && !state.containers.has(key)) answerWaits(turn, key, {})
  }
}

/** At the end of the agent's work: everything that operators launched ends as well. */
export function destroyAll(turn: Turn): void {
  for (const container of turn.state.operatorContainers.values()) {
    container.isOrphan = true
    if (container.phase.type === 'ended') forgetOperatorContainer(turn, container)
    else destroyContainer(turn, container)
  }
}

/** What the containerizers know of them after a restart of the agent. */
export function resumeOperatorContainers(turn: Turn, found: ReadonlyMap<string, 'running' | 'ended' | 'lost'>): void {
  const { state } = turn
  for (const container of [...state.operatorContainers.values()]) {
    const { phase, key } = container
    if (phase.type === 'launching' || state.rebooted) {
      // Nobody was told of it, or it was in another life of the machine.
      turn.durable({ type: 'destroy', containerId: key })
      forgetOperatorContainer(turn, container)
    } else if (phase.type === 'running' && (found.get(key) ?? 'lost') === 'lost') {
      settle(turn, container, { signal: SIGKILL })
    }
  }
}

export function answerWaits(turn: Turn, key: string, end: ContainerEnd): void {
  const { containerWaits } = turn.state
  for (const { requestId, type } of containerWaits.get(key) ?? []) {
    turn.durable({ type: 'operator-reply', requestId, reply: { status: 200, response: waitAnswer(type, end) } })
  }
  containerWaits.delete(key)
}

export type WaitType = 'WAIT_CONTAINER' | 'WAIT_NESTED_CONTAINER'

export function waitAnswer(type: WaitType, end: ContainerEnd): agent.Response {
  const { limitation } = end
  const change = limitation === undefined ? undefined : limitationCause(limitation)
  const status = exitStatus(end)
  const body = {
    ...(status === undefined ? {} : { exit_status: status }),
    ...(change === undefined ? {} : { state: change.state, reason: change.reason, message: change.message }),
  }
  return type === 'WAIT_CONTAINER' ? { type, wait_container: body } : { type, wait_nested_container: body }
}

/** As wait(2) tells it: the exit code in the second byte, a signal in the first. */
function exitStatus({ exitCode, signal }: ContainerEnd): number | undefined {
  return signal ?? (exitCode === undefined ? undefined : exitCode << 8)
}

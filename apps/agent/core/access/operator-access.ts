import type { agent, mesos } from '@thermosphere/protocol'
import type { Action } from '@thermosphere/protocol/acls'
import { executorOf, rootOf } from '../operator-containers/index.ts'
import type { AgentState } from '../state.ts'
import { executorUser, may } from './access.ts'
import type { Access } from './access.ts'

/** Whether somebody may make this call; reading ones leave out what may not be seen instead. */
export function mayCall(state: AgentState, access: Access, call: agent.Call): boolean {
  const use = containerUse(call)
  if (use !== undefined) return mayUse(state, access, use)
  const action = wholesale[call.type ?? 'UNKNOWN']
  return action === undefined || may(access, action)
}

/** What is about all objects of a kind or none. */
const wholesale: Partial<Record<agent.Call_Type, Action>> = {
  GET_FLAGS: 'view_flags',
  SET_LOGGING_LEVEL: 'set_log_level',
  PRUNE_IMAGES: 'prune_images',
  ADD_RESOURCE_PROVIDER_CONFIG: 'modify_resource_provider_configs',
  UPDATE_RESOURCE_PROVIDER_CONFIG: 'modify_resource_provider_configs',
  REMOVE_RESOURCE_PROVIDER_CONFIG: 'modify_resource_provider_configs',
  MARK_RESOURCE_PROVIDER_GONE: 'mark_resource_providers_gone',
}

type Verb = 'launch' | 'session' | 'wait' | 'kill' | 'remove' | 'attach-input' | 'attach-output'

/** `command` is given with launches alone. */
type ContainerUse = {
  readonly verb: Verb
  readonly containerId: mesos.ContainerID
  readonly isStandalone: boolean
  readonly command: mesos.CommandInfo | undefined
}

/** Input that follows names no container any more. */
type ContainerCall = {
  readonly container_id?: mesos.ContainerID | undefined
  readonly command?: mesos.CommandInfo | undefined
}

/** `isAny`: also for containers that are below no executor. */
type ContainerRow = {
  readonly verb: Verb
  readonly isAny?: true
  readonly of: (call: agent.Call) => ContainerCall | undefined
}

const containerCalls: Partial<Record<agent.Call_Type, ContainerRow>> = {
  LAUNCH_NESTED_CONTAINER: { verb: 'launch', of: (call) => call.launch_nested_container },
  LAUNCH_NESTED_CONTAINER_SESSION: { verb: 'session', of: (call) => call.launch_nested_container_session },
  WAIT_NESTED_CONTAINER: { verb: 'wait', of: (call) => call.wait_nested_container },
  KILL_NESTED_CONTAINER: { verb: 'kill', of: (call) => call.kill_nested_container },
  REMOVE_NESTED_CONTAINER: { verb: 'remove', of: (call) => call.remove_nested_container },
  ATTACH_CONTAINER_INPUT: { verb: 'attach-input', of: (call) => call.attach_container_input },
  ATTACH_CONTAINER_OUTPUT: { verb: 'attach-output', of: (call) => call.attach_container_output },
  LAUNCH_CONTAINER: { verb: 'launch', isAny: true, of: (call) => call.launch_container },
  WAIT_CONTAINER: { verb: 'wait', isAny: true, of: (call) => call.wait_container },
  KILL_CONTAINER: { verb: 'kill', isAny: true, of: (call) => call.kill_container },
  REMOVE_CONTAINER: { verb: 'remove', isAny: true, of: (call) => call.remove_container },
}

function containerUse(call: agent.Call): ContainerUse | undefined {
  const row = containerCalls[call.type ?? 'UNKNOWN']
  const { container_id: containerId, command } = row?.of(call) ?? {}
  if (row === undefined || containerId === undefined) return undefined
  return { verb: row.verb, containerId, command, isStandalone: row.isAny === true && containerId.parent === undefined }
}

const standalone: Partial<Record<Verb, Action>> = {
  launch: 'launch_standalone_containers',
  wait: 'wait_standalone_containers',
  kill: 'kill_standalone_containers',
  remove: 'remove_standalone_containers',
}

/** Launches are asked for twice: for the user of the parent and for that of the command. */
const launches = {
  launch: {
    parent: 'launch_nested_containers_under_parent_with_user',
    command: 'launch_nested_containers_as_user',
  },
  session: {
    parent: 'launch_nested_container_sessions_under_parent_with_user',
    command: 'launch_nested_container_sessions_as_user',
  },
} as const

const uses = {
  wait: 'wait_nested_containers',
  kill: 'kill_nested_containers',
  remove: 'remove_nested_containers',
  'attach-input': 'attach_containers_input',
  'attach-output': 'attach_containers_output',
} as const

function mayUse(state: AgentState, access: Access, use: ContainerUse): boolean {
  const { verb, containerId, isStandalone, command } = use
  if (access.asker.type === 'executor') {
    const isOwn = rootOf(containerId).value === access.asker.claims.containerId
    return isOwn && !isStandalone && verb !== 'attach-input'
  }
  if (isStandalone) {
    const action = standalone[verb]
    return action !== undefined && may(access, action)
  }
  const parentUser = userOf(state, containerId)
  if (verb !== 'launch' && verb !== 'session') return may(access, uses[verb], parentUser ?? containerId.value)
  const actions = launches[verb]
  if (!may(access, actions.parent, parentUser)) return false
  return parentUser === undefined || may(access, actions.command, command?.user)
}

/** The user of the executor that a container belongs to; below a standalone container there is none. */
function userOf(state: AgentState, containerId: mesos.ContainerID): string | undefined {
  const place = executorOf(state, containerId)
  return place && executorUser(place.framework, place.executor)
}

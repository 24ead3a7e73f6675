import { errorMessage } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { agent, mesos } from '@thermosphere/protocol'

/** Calls that demand the member of their name; the others are whole without one. */
const MEMBERS = {
  GET_METRICS: 'get_metrics',
  SET_LOGGING_LEVEL: 'set_logging_level',
  LIST_FILES: 'list_files',
  READ_FILE: 'read_file',
  LAUNCH_NESTED_CONTAINER: 'launch_nested_container',
  WAIT_NESTED_CONTAINER: 'wait_nested_container',
  KILL_NESTED_CONTAINER: 'kill_nested_container',
  REMOVE_NESTED_CONTAINER: 'remove_nested_container',
  LAUNCH_NESTED_CONTAINER_SESSION: 'launch_nested_container_session',
  ATTACH_CONTAINER_INPUT: 'attach_container_input',
  ATTACH_CONTAINER_OUTPUT: 'attach_container_output',
  LAUNCH_CONTAINER: 'launch_container',
  WAIT_CONTAINER: 'wait_container',
  KILL_CONTAINER: 'kill_container',
  REMOVE_CONTAINER: 'remove_container',
  ADD_RESOURCE_PROVIDER_CONFIG: 'add_resource_provider_config',
  UPDATE_RESOURCE_PROVIDER_CONFIG: 'update_resource_provider_config',
  REMOVE_RESOURCE_PROVIDER_CONFIG: 'remove_resource_provider_config',
  MARK_RESOURCE_PROVIDER_GONE: 'mark_resource_provider_gone',
} as const satisfies Partial<Record<agent.Call_Type, keyof agent.Call>>

/** Those about a container: whether it must have a parent. */
const NEEDS_PARENT = {
  launch_nested_container: true,
  wait_nested_container: true,
  kill_nested_container: true,
  remove_nested_container: true,
  launch_nested_container_session: true,
  attach_container_output: false,
  launch_container: false,
  wait_container: false,
  kill_container: false,
  remove_container: false,
} as const

const present = (member: string): string => `Expecting '${member}' to be present`

/** What is wrong with a call that could be read, in Mesos' words. */
export function validateCall(call: agent.Call): string | undefined {
  if (call.type === undefined) return present('type')
  const member = (MEMBERS as Partial<Record<agent.Call_Type, (typeof MEMBERS)[keyof typeof MEMBERS]>>)[call.type]
  if (member === undefined) return undefined
  if (call[member] === undefined) return present(member)
  if (call.type === 'ATTACH_CONTAINER_INPUT') return inputProblem(call.attach_container_input)
  if (member in NEEDS_PARENT) return containerProblem(call, member as keyof typeof NEEDS_PARENT)
  return configProblem(call, member)
}

function configProblem(call: agent.Call, member: string): string | undefined {
  const config = call.add_resource_provider_config ?? call.update_resource_provider_config
  const isConfig = member === 'add_resource_provider_config' || member === 'update_resource_provider_config'
  return isConfig && config?.info.id !== undefined ? `Expecting '${member}.info.id' to be unset` : undefined
}

function inputProblem(input: agent.Call_AttachContainerInput | undefined): string | undefined {
  if (input?.type === undefined) return present('attach_container_input.type')
  if (input.type === 'UNKNOWN') return "'attach_container_input.type' is unknown"
  if (input.type !== 'CONTAINER_ID') return undefined
  if (input.container_id === undefined) return present('attach_container_input.container_id')
  return idProblem('attach_container_input', input.container_id)
}

function containerProblem(call: agent.Call, member: keyof typeof NEEDS_PARENT): string | undefined {
  const body = call[member]
  if (body === undefined) return undefined
  const { container_id: id } = body
  const wrong = idProblem(member, id)
  if (wrong !== undefined) return wrong
  if (NEEDS_PARENT[member] && id.parent === undefined) return present(`${member}.container_id.parent`)
  const launch = call.type === 'LAUNCH_CONTAINER' ? call.launch_container : undefined
  if (launch !== undefined) {
    const problem = resourcesProblem(launch)
    if (problem !== undefined) return problem
  }
  const command = 'command' in body ? commandProblem(body.command) : undefined
  if (command !== undefined) return `'${member}.command' is invalid: ${command}`
  return launch === undefined ? undefined : sharingProblem(launch)
}

function idProblem(member: string, id: mesos.ContainerID): string | undefined {
  const problem = containerIdProblem(id)
  return problem === undefined ? undefined : `'${member}.container_id' is invalid: ${problem}`
}

const ID_LENGTH_MAX = 242

/** Mesos' rules for ids, and those for containers: their ids are joined by dots. */
export function containerIdProblem({ value, parent }: mesos.ContainerID): string | undefined {
  if (value === '') return 'ID must not be empty'
  if (value.length > ID_LENGTH_MAX) return `ID must not be greater than ${ID_LENGTH_MAX} characters`
  if (value === '.' || value === '..') return `'${value}' is disallowed`
  // These are what must not be there.
  if (/[\u0000-\u001f\u007f/\\]/.test(value)) return `'${value}' contains invalid characters`
  if (/[. ]/.test(value)) return `'ContainerID.value' '${value}' contains invalid characters`
  const above = parent === undefined ? undefined : containerIdProblem(parent)
  return above === undefined ? undefined : `'ContainerID.parent' is invalid: ${above}`
}

/** Nobody accounts for what a standalone container uses, so it may use nothing that somebody could have offered. */
function resourcesProblem({ container_id: id, resources = [] }: agent.Call_LaunchContainer): string | undefined {
  try {
    Resources.fromWire(resources)
  } catch (error) {
    return `Invalid resources: ${errorMessage(error)}`
  }
  if (id.parent !== undefined) return undefined
  for (const resource of resources) {
    const isReserved = (resource.reservations?.length ?? 0) > 0 || (resource.role ?? '*') !== '*'
    if (isReserved) return "'launch_container.resources' must be unreserved"
    if (resource.disk?.persistence !== undefined) {
      return "'launch_container.resources' may not use persistent volumes"
    }
    if (resource.revocable !== undefined) return "'launch_container.resources' must be non-revocable"
  }
  return undefined
}

function commandProblem(command: mesos.CommandInfo | undefined): string | undefined {
  for (const { name, type, value, secret } of command?.environment?.variables ?? []) {
    if (type === 'SECRET') {
      if (secret === undefined) return `Environment variable '${name}' of type 'SECRET' must have a secret set`
      if (value !== undefined) return `Environment variable '${name}' of type 'SECRET' must not have a value set`
    } else if (value === undefined) return `Environment variable '${name}' of type 'VALUE' must have a value set`
    else if (secret !== undefined) return `Environment variable '${name}' of type 'VALUE' must not have a secret set`
  }
  return undefined
}

function sharingProblem({ container_id: id, resources, limits, container }: agent.Call_LaunchContainer) {
  const shares = container?.linux_info?.share_cgroups
  const deep = "'launch_container' is invalid: containers nested at the second level or greater cannot"
  if (id.parent?.parent !== undefined) {
    if ((resources?.length ?? 0) > 0) return `${deep} specify resources`
    if (Object.keys(limits ?? {}).length > 0) return `${deep} specify resource limits`
    if (shares === false) return `${deep} set 'share_cgroups' to 'false'`
  }
  if (id.parent === undefined && shares === true) {
    return "'launch_container' is invalid: containers without a parent cannot set 'share_cgroups' to 'true'"
  }
  return undefined
}

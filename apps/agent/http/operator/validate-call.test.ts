import type { agent } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerIdProblem, validateCall } from './validate-call.ts'

const own = { value: 'c' }
const nested = { value: 'n', parent: own }

test('[mesos 214] calls that need their member are refused without it', () => {
  const needing = (
    'GET_METRICS SET_LOGGING_LEVEL LIST_FILES READ_FILE LAUNCH_NESTED_CONTAINER WAIT_NESTED_CONTAINER ' +
    'KILL_NESTED_CONTAINER REMOVE_NESTED_CONTAINER LAUNCH_NESTED_CONTAINER_SESSION ATTACH_CONTAINER_INPUT ' +
    'ATTACH_CONTAINER_OUTPUT LAUNCH_CONTAINER WAIT_CONTAINER KILL_CONTAINER REMOVE_CONTAINER ' +
    'ADD_RESOURCE_PROVIDER_CONFIG UPDATE_RESOURCE_PROVIDER_CONFIG REMOVE_RESOURCE_PROVIDER_CONFIG ' +
    'MARK_RESOURCE_PROVIDER_GONE'
  ).split(' ') as agent.Call_Type[]
  for (const type of needing) assert.equal(validateCall({ type }), `Expecting '${type.toLowerCase()}' to be present`)
  const whole = ['GET_HEALTH', 'GET_CONTAINERS', 'GET_STATE', 'PRUNE_IMAGES', 'GET_RESOURCE_PROVIDERS'] as const
  for (const type of whole) assert.equal(validateCall({ type }), undefined)
  assert.equal(validateCall({}), "Expecting 'type' to be present")
})

test('container ids are names of directories, joined by dots', () => {
  const invalid = 'contains invalid characters'
  assert.equal(containerIdProblem({ value: '' }), 'ID must not be empty')
  assert.equal(containerIdProblem({ value: 'x'.repeat(243) }), 'ID must not be greater than 242 characters')
  for (const value of ['.', '..']) assert.equal(containerIdProblem({ value }), `'${value}' is disallowed`)
  for (const value of ['a/b', 'a\\b', 'a\nb']) assert.equal(containerIdProblem({ value }), `'${value}' ${invalid}`)
  for (const value of ['a.b', 'a b']) {
    assert.equal(containerIdProblem({ value }), `'ContainerID.value' '${value}' ${invalid}`)
  }
  assert.equal(
    containerIdProblem({ value: 'a', parent: { value: 'b.c' } }),
    `'ContainerID.parent' is invalid: 'ContainerID.value' 'b.c' ${invalid}`,
  )
  assert.equal(containerIdProblem({ value: 'x'.repeat(242), parent: nested }), undefined)
})

test('what is wrong with a call about a container is said in the words of Mesos', () => {
  const resource = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } } as const
  const launch = (more: Partial<agent.Call_LaunchContainer>): agent.Call => ({
    type: 'LAUNCH_CONTAINER',
    launch_container: { container_id: own, ...more },
  })
  const deep = { value: 'd', parent: nested }
  const deeper = "'launch_container' is invalid: containers nested at the second level or greater cannot"
  const shares = (share_cgroups: boolean) => ({ type: 'MESOS' as const, linux_info: { share_cgroups } })
  const table: [agent.Call, string][] = [
    [
      { type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: own } },
      "Expecting 'wait_nested_container.container_id.parent' to be present",
    ],
    [
      { type: 'KILL_CONTAINER', kill_container: { container_id: { value: '..' } } },
      "'kill_container.container_id' is invalid: '..' is disallowed",
    ],
    [
      { type: 'ATTACH_CONTAINER_INPUT', attach_container_input: {} },
      "Expecting 'attach_container_input.type' to be present",
    ],
    [
      { type: 'ATTACH_CONTAINER_INPUT', attach_container_input: { type: 'UNKNOWN' } },
      "'attach_container_input.type' is unknown",
    ],
    [launch({ resources: [{ ...resource, role: 'r' }] }), "'launch_container.resources' must be unreserved"],
    [launch({ resources: [{ ...resource, revocable: {} }] }), "'launch_container.resources' must be non-revocable"],
    [launch({ container_id: deep, resources: [resource] }), `${deeper} specify resources`],
    [launch({ container_id: deep, limits: { cpus: { value: 1 } } }), `${deeper} specify resource limits`],
    [launch({ container_id: deep, container: shares(false) }), `${deeper} set 'share_cgroups' to 'false'`],
    [
      launch({ container: shares(true) }),
      "'launch_container' is invalid: containers without a parent cannot set 'share_cgroups' to 'true'",
    ],
    [
      launch({ command: { environment: { variables: [{ name: 'A', type: 'SECRET' }] } } }),
      "'launch_container.command' is invalid: Environment variable 'A' of type 'SECRET' must have a secret set",
    ],
    [
      {
        type: 'ADD_RESOURCE_PROVIDER_CONFIG',
        add_resource_provider_config: { info: { type: 't', name: 'n', id: { value: 'x' } } },
      },
      "Expecting 'add_resource_provider_config.info.id' to be unset",
    ],
  ]
  for (const [call, problem] of table) assert.equal(validateCall(call), problem)
})

import { encodeJson } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { validateResources } from '@thermosphere/offer-engine'
import { isNegative } from './checks.ts'
import { commandProblem, containerProblem } from './command.ts'
import { idProblem } from './ids.ts'
import { resourceUseProblem } from './resources.ts'
import type { Acceptance } from '../model.ts'

type Refusal = string | undefined

/** The executor of a container is what its tasks share cgroups with. */
export const sharingExecutorProblem = (info: mesos.ExecutorInfo): Refusal =>
  info.container?.linux_info?.share_cgroups === true
    ? "The 'share_cgroups' field cannot be set to 'true' on executor containers"
    : undefined

/** What holds for custom and default executors alike. */
export function commonExecutorProblem({ framework, agent }: Acceptance, info: mesos.ExecutorInfo): Refusal {
  const problem = executorTypeProblem(info) ?? idProblem(info.executor_id.value) ?? executorPartsProblem(info)
  if (problem !== undefined) return problem
  const frameworkId = info.framework_id?.value ?? ''
  if (frameworkId !== framework.id)
    return `ExecutorInfo has an invalid FrameworkID (Actual: ${frameworkId} vs Expected: ${framework.id})`
  const all = info.resources ?? []
  const invalid = validateResources(all) ?? resourceUseProblem('Executor', all)
  if (invalid !== undefined) return invalid
  const running = framework.executors.get(agent.id)?.get(info.executor_id.value)
  return running && !isSameWire(running.info, info) ? incompatible(running.info, info) : undefined
}

function executorTypeProblem({ type, command, container }: mesos.ExecutorInfo): Refusal {
  if (type === 'CUSTOM') return command ? undefined : "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
  if (type !== 'DEFAULT') return undefined
  if (command) return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
  if (!container) return undefined
  if (container.type !== 'MESOS') return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
  return container.mesos?.image
    ? "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
    : undefined
}

function executorPartsProblem(info: mesos.ExecutorInfo): Refusal {
  if (isNegative(info.shutdown_grace_period)) return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
  const command = info.command && commandProblem(info.command)
  if (command !== undefined) return `Executor's \`CommandInfo\` is invalid: ${command}`
  const container = info.container && containerProblem(info.container)
  return container && `Executor's \`ContainerInfo\` is invalid: ${container}`
}

const rule = '------------------------------------------------------------'

function incompatible(existing: mesos.ExecutorInfo, info: mesos.ExecutorInfo): string {
  const text = (one: mesos.ExecutorInfo): string => encodeJson('mesos.v1.ExecutorInfo', one)
  return [
    'ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.',
    rule,
    `Existing ExecutorInfo:\n${text(existing)}`,
    rule,
    `ExecutorInfo:\n${text(info)}`,
    `${rule}\n`,
  ].join('\n')
}

/** Wire objects are equal when their members are, whatever the order in which they were set. */
export function isSameWire(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  const [left, right] = [defined(a), defined(b)]
  return (
    left.size === right.size && [...left].every(([key, value]) => right.has(key) && isSameWire(value, right.get(key)))
  )
}

const defined = (value: object): Map<string, unknown> =>
  new Map(
    Object.entries(value).filter(
      ([, member]) => member !== undefined && !(Array.isArray(member) && member.length === 0),
    ),
  )

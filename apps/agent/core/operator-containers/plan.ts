import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { LaunchPlan, LimitsPlan } from '../effects.ts'
import { taskEnvironment } from '../plans/environment.ts'
import { planMounts } from '../plans/mounts.ts'
import { commandPlan, ioPlan, planRlimits } from '../plans/plans.ts'
import type { AgentState } from '../state.ts'
import { rootOf } from './operator-container.ts'
import type { ContainerRequest, Inheritance, OperatorContainer } from './operator-container.ts'

const MIB = 1_048_576
/** The weight that the kernel gives to whoever asks for none. */
const CPUS_UNASKED_MILLI = 1000

type Planned = {
  readonly key: string
  readonly id: mesos.ContainerID
  readonly kind: OperatorContainer['kind']
  readonly request: ContainerRequest
}

export function planOperatorContainer(
  state: AgentState,
  planned: Planned,
  parent: Inheritance | undefined,
): { readonly plan: LaunchPlan; readonly inheritance: Inheritance } {
  const { key, id, kind, request } = planned
  const rootDirectory = parent?.rootDirectory ?? `${state.config.workDir}/containers/${rootOf(id).value}`
  const sandbox = rootDirectory + nestedPath(id)
  const isSession = kind === 'session'
  const directory = isSession ? (parent?.directory ?? sandbox) : sandbox
  const user = state.config.switchUser ? (request.command?.user ?? parent?.user) : undefined
  const environment = {
    ...(isSession ? parent?.environment : ownEnvironment(state, sandbox)),
    ...taskEnvironment(request.command),
  }
  const limits = parent?.podLimits ?? limitsOf(request)
  const io = ioPlan(request.container, isSession ? 'agent' : 'file')
  const isCheckpointed = parent?.isCheckpointed ?? true
  const plan = {
    containerId: key,
    sandbox,
    endsWithAgent: isSession || !isCheckpointed,
    links: [],
    user,
    command: commandPlan(request.command),
    environment,
    claims: undefined,
    uris: request.command?.uris ?? [],
    limits,
    mounts: planMounts(
      state,
      { directory: sandbox, ...(parent === undefined ? {} : { parentDirectory: parent.directory }) },
      { container: request.container, resources: [] },
    ),
    docker: undefined,
    rlimits: planRlimits(request.container),
    ...(parent?.processKey === undefined ? {} : { parent: parent.processKey }),
    ...(isSession ? { directory } : {}),
    ...(io === undefined ? {} : { io }),
  }
  const processKey = parent?.processKey ?? key
  return { plan, inheritance: { processKey, environment, user, directory, rootDirectory, isCheckpointed } }
}

/** Below the sandbox of the root: `/containers/child/containers/grandchild`. */
function nestedPath(id: mesos.ContainerID): string {
  return id.parent === undefined ? '' : `${nestedPath(id.parent)}/containers/${id.value}`
}

function ownEnvironment({ config }: AgentState, sandbox: string): Record<string, string> {
  const path = config.executorEnvironment['PATH']
  return { ...(path === undefined ? {} : { PATH: path }), MESOS_SANDBOX: sandbox, MESOS_CONTAINER_IP: config.ip }
}

/** What is not asked for is not limited, as in Mesos. */
function limitsOf({ resources, limits }: ContainerRequest): LimitsPlan {
  const wanted = Resources.fromWire([...resources])
  const has = (name: string): boolean => resources.some((resource) => resource.name === name)
  const memBytes = Math.floor((wanted.scalar('mem') * MIB) / 1000)
  const cpusLimit = limits['cpus']?.value
  const memLimit = limits['mem']?.value ?? (has('mem') ? undefined : Infinity)
  return {
    cpusMilli: has('cpus') ? wanted.scalar('cpus') : CPUS_UNASKED_MILLI,
    memBytes,
    ...(cpusLimit === undefined ? {} : { cpusLimitMilli: Math.round(cpusLimit * 1000) }),
    ...(memLimit === undefined ? {} : { memLimitBytes: memLimit * MIB }),
  }
}

/** The Mesos task of an instance on an offer that matched. */
import type { mesos } from '@thermosphere/protocol'
import type { App } from '../app/index.ts'
import { hostNameForm } from '../ids/index.ts'
import type { MarathonState } from '../state/index.ts'
import { topLevelOf } from '../group/index.ts'
import { checkPorts, mesosCheck, mesosHealthCheck } from './checks.ts'
import { containerInfo, labelsOf } from './container.ts'
import { discoveryInfo } from './discovery.ts'
import { effectivePorts, environmentOf } from './environment.ts'

export type TaskInput = {
  readonly app: App
  readonly taskId: string
  readonly offer: mesos.Offer
  readonly resources: mesos.Resource[]
  /** By declaration. */
  readonly hostPorts: readonly (number | null)[]
}

const nanosecondsPerSecond = 1_000_000_000

export function buildTaskInfo(state: MarathonState, input: TaskInput): mesos.TaskInfo {
  const { app, taskId, offer, resources, hostPorts } = input
  const effective = effectivePorts({ app, hostPorts, random: state.random })
  const portOf = checkPorts(app, effective)
  const container = containerInfo({ app, taskId, hostPorts, bridgeName: state.config.mesosBridgeName })
  const command = commandInfo(state, input, effective)
  const health = mesosHealthCheck(app, portOf)
  const check = mesosCheck(app, portOf)
  const labels = labelsOf(app.labels)
  const limits = limitsOf(app)
  return {
    name: hostNameForm(app.id),
    task_id: { value: taskId },
    agent_id: offer.agent_id,
    resources,
    ...runner(state.config.executor, { app, taskId, command }),
    ...(container === undefined ? {} : { container }),
    ...(health === undefined ? {} : { health_check: health }),
    ...(check === undefined ? {} : { check }),
    ...killPolicy(app),
    ...(labels === undefined ? {} : { labels }),
    ...(limits === undefined ? {} : { limits }),
    discovery: discoveryInfo(app, hostPorts, effective),
  }
}

function killPolicy(app: App): Pick<mesos.TaskInfo, 'kill_policy'> {
  const seconds = app.taskKillGracePeriodSeconds
  if (seconds === undefined) return {}
  return { kill_policy: { grace_period: { nanoseconds: seconds * nanosecondsPerSecond } } }
}

function limitsOf(app: App): Record<string, mesos.Value_Scalar> | undefined {
  const entries = Object.entries(app.resourceLimits ?? {}).flatMap(([name, limit]) =>
    limit === undefined ? [] : [[name, { value: typeof limit === 'number' ? limit : Infinity }] as const],
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function commandInfo(state: MarathonState, input: TaskInput, effective: readonly number[]): mesos.CommandInfo {
  const { app, taskId, offer, hostPorts } = input
  const { random, root, config } = state
  const group = topLevelOf(app.id)
  const enforceRole = group !== undefined && root.groups.get(group)?.enforceRole === true
  const prefix = config.envVarsPrefix
  const environment = environmentOf(
    { app, taskId, host: offer.hostname, hostPorts, enforceRole, prefix, random },
    effective,
  )
  const uris = app.fetch.map(uriOf)
  return {
    ...invocation(app),
    environment,
    ...(uris.length === 0 ? {} : { uris }),
    ...(app.user === undefined ? {} : { user: app.user }),
  }
}

function uriOf({ uri, extract, executable, cache, destPath }: App['fetch'][number]): mesos.CommandInfo_URI {
  return { value: uri, extract, executable, cache, ...(destPath === undefined ? {} : { output_file: destPath }) }
}

function invocation(app: App): mesos.CommandInfo {
  if (app.cmd !== undefined) return { shell: true, value: app.cmd }
  const args = app.args ?? []
  if (args.length === 0) return { shell: false }
  const [first] = args
  return {
    shell: false,
    ...(app.container === undefined && first !== undefined ? { value: first } : {}),
    arguments: args,
  }
}

/** Either the command itself, or the custom executor that is given it. */
function runner(
  defaultExecutor: string,
  { app, taskId, command }: { readonly app: App; readonly taskId: string; readonly command: mesos.CommandInfo },
): Partial<mesos.TaskInfo> {
  const path = app.executor === '' ? defaultExecutor : app.executor
  if (path === '//cmd') return { command }
  const rest = app.cmd ?? (app.args ?? []).join(' ')
  const value = `chmod ug+rx '${path}' && exec '${path}' ${rest}`
  const { cpus, mem, disk } = app.executorResources ?? { cpus: 0, mem: 0, disk: 0 }
  const scalars = Object.entries({ cpus, mem, disk }).filter(([, amount]) => amount > 0)
  const executor: mesos.ExecutorInfo = {
    executor_id: { value: `marathon-${taskId}` },
    command: { ...command, shell: true, value, arguments: undefined },
    resources: scalars.map(([name, amount]) => ({ name, type: 'SCALAR', scalar: { value: amount } })),
  }
  return { executor }
}

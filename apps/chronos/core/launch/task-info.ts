/** A run as a Mesos task, with the name, id and environment that scripts and collectors rely on. */
import type { mesos } from '@thermosphere/protocol'
import type { Job } from '../job/job.ts'
import type { JobContainer } from '../job/job-schema.ts'
import type { Run } from '../state.ts'

export type LaunchContext = {
  readonly job: Job
  readonly run: Run
  readonly offer: mesos.Offer
  readonly resources: mesos.Resource[]
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value))

function environmentOf({ job, run, offer }: LaunchContext): mesos.Environment {
  const own: readonly (readonly [string, string])[] = [
    ['mesos_task_id', run.taskId],
    ['MESOS_TASK_ID', run.taskId],
    ['CHRONOS_JOB_OWNER', job.owner],
    ['CHRONOS_JOB_NAME', job.name],
    ['HOST', offer.hostname],
    ['CHRONOS_RESOURCE_MEM', decimal(job.mem)],
    ['CHRONOS_RESOURCE_CPU', decimal(job.cpus)],
    ['CHRONOS_RESOURCE_DISK', decimal(job.disk)],
    ['CHRONOS_JOB_RUN_TIME', String(run.dueAt)],
    ['CHRONOS_JOB_RUN_ATTEMPT', String(run.attempt)],
  ]
  // The first of two names wins, and the platform's come first.
  const variables = new Map<string, string>(own)
  for (const { name, value } of job.environmentVariables) if (!variables.has(name)) variables.set(name, value)
  return { variables: [...variables].map(([name, value]) => ({ name, value })) }
}

const urlCommand = /^(?:https?|ftps?):\/\/\S*\/([^/\s]+)$/

function urisOf(job: Job): mesos.CommandInfo_URI[] {
  const fetched = job.fetch.map(({ uri, executable, cache, extract, output_file }) => ({
    value: uri,
    executable,
    cache,
    extract,
    ...(output_file !== undefined && { output_file }),
  }))
  if (fetched.length > 0) return fetched
  return job.uris.map((value) => ({ value, extract: true, cache: false, executable: false }))
}

export function commandOf(context: LaunchContext): mesos.CommandInfo {
  const { job, run } = context
  const base = { environment: environmentOf(context), user: job.runAsUser }
  const script = urlCommand.exec(job.command)
  if (script?.[1] !== undefined) {
    const uris = [{ value: job.command, executable: true }]
    return { ...base, uris, shell: true, value: `"./${script[1]}"` }
  }
  const uris = urisOf(job)
  const command = { ...base, ...(uris.length > 0 && { uris }) }
  if (!job.shell) return { ...command, shell: false, value: job.command, arguments: [job.command, ...run.arguments] }
  const value = [job.command, ...run.arguments].join(' ')
  return { ...command, shell: true, value }
}

const portNumber = (text: string): number => Number.parseInt(text, 10) || 0

const ipAddresses = (protocol: string | undefined): Partial<mesos.NetworkInfo> =>
  protocol === 'IPv4' || protocol === 'IPv6' ? { ip_addresses: [{ protocol }] } : {}

function networkInfosOf(container: JobContainer): mesos.NetworkInfo[] {
  const named = container.networkName === undefined ? [] : [{ name: container.networkName }]
  const infos = container.networkInfos.map(({ name, protocol: addressFamily, labels, portMappings }) => ({
    name,
    ...ipAddresses(addressFamily),
    labels: { labels },
    port_mappings: portMappings.map(({ hostPort, containerPort, protocol }) => ({
      host_port: portNumber(hostPort),
      container_port: portNumber(containerPort),
      ...(protocol !== undefined && { protocol }),
    })),
  }))
  return infos.length > 0 ? infos : named
}

function volumesOf(container: JobContainer): mesos.Volume[] {
  return container.volumes.map(({ hostPath, containerPath, mode, external }) => ({
    container_path: containerPath,
    mode: mode === 'RO' ? 'RO' : 'RW',
    ...(hostPath !== undefined && { host_path: hostPath }),
    ...(external !== undefined && {
      source: {
        type: 'DOCKER_VOLUME' as const,
        docker_volume: {
          name: external.name,
          driver: external.provider,
          driver_options: { parameter: external.options },
        },
      },
    }),
  }))
}

export function containerInfoOf(container: JobContainer): mesos.ContainerInfo {
  const common = { volumes: volumesOf(container), network_infos: networkInfosOf(container) }
  if (container.type === 'MESOS') {
    const image = { type: 'DOCKER' as const, docker: { name: container.image }, cached: !container.forcePullImage }
    return { ...common, type: 'MESOS', mesos: { image } }
  }
  const network = container.network === 'BRIDGE' || container.network === 'USER' ? container.network : 'HOST'
  return {
    ...common,
    type: 'DOCKER',
    docker: {
      image: container.image,
      network,
      parameters: container.parameters,
      force_pull_image: container.forcePullImage,
    },
  }
}

/** `Unlimited` is no completion time at all. */
const completionOf = (job: Job): Partial<mesos.TaskInfo> =>
  job.maxCompletionTime > 0 ? { max_completion_time: { nanoseconds: job.maxCompletionTime * 1e9 } } : {}

const labelsOf = (job: Job): Partial<mesos.TaskInfo> => {
  if (job.labels === undefined) return {}
  return { labels: { labels: Object.entries(job.labels).map(([key, value]) => ({ key, value })) } }
}

export function taskInfoOf(context: LaunchContext): mesos.TaskInfo {
  const { job, run, offer, resources } = context
  const command = commandOf(context)
  const container = job.container === undefined ? {} : { container: containerInfoOf(job.container) }
  const common = {
    name: `ChronosTask:${job.name}`,
    task_id: { value: run.taskId },
    agent_id: offer.agent_id,
    resources,
    ...completionOf(job),
    ...labelsOf(job),
  }
  if (job.executor === '') return { ...common, command, ...container }
  const data = job.taskInfoData === '' ? `${job.executorFlags}|${job.command}` : job.taskInfoData
  const { arguments: _arguments, ...executorCommand } = command
  return {
    ...common,
    data: new TextEncoder().encode(data),
    executor: {
      type: 'CUSTOM',
      executor_id: { value: job.name },
      framework_id: offer.framework_id,
      command: { ...executorCommand, shell: true, value: job.executor },
      ...container,
    },
  }
}

import { getAgent, getExecutors, getFrameworks, getOperations, getTasks } from '@thermosphere/agent-core'
import type { Access } from '@thermosphere/agent-core'
import type { agent } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import { VERSION_INFO } from '../../version.ts'
import { metricsSnapshot } from '../classic/metrics.ts'
import type { HttpContext } from '../context.ts'
import type { FilesContext } from '../files/file-roots.ts'
import { listFiles } from '../files/list-files.ts'
import { readFilePart } from '../files/read-file.ts'
import { containerStatus, measureContainers } from '../statistics.ts'

/** Calls that are not about one container; those without an answer but that they are done have none. */
export async function answerCall(
  context: HttpContext,
  access: Access,
  call: agent.Call,
): Promise<agent.Response | undefined> {
  const { state } = context.shell
  const { type } = call
  switch (type) {
    case 'GET_HEALTH':
      return { type, get_health: { healthy: true } }
    case 'GET_FLAGS':
      return { type, get_flags: { flags: Object.entries(context.flags).map(([name, value]) => ({ name, value })) } }
    case 'GET_VERSION':
      return { type, get_version: { version_info: VERSION_INFO } }
    case 'GET_METRICS': {
      const metrics = Object.entries(metricsSnapshot(context)).map(([name, value]) => ({ name, value }))
      return { type, get_metrics: { metrics } }
    }
    case 'GET_LOGGING_LEVEL':
      return { type, get_logging_level: { level: context.logging.level() } }
    case 'SET_LOGGING_LEVEL':
      return setLoggingLevel(context, call.set_logging_level)
    case 'GET_STATE': {
      const parts = {
        get_tasks: getTasks(state, access),
        get_executors: getExecutors(state, access),
        get_frameworks: getFrameworks(state, access),
      }
      return { type, get_state: parts }
    }
    case 'GET_FRAMEWORKS':
      return { type, get_frameworks: getFrameworks(state, access) }
    case 'GET_EXECUTORS':
      return { type, get_executors: getExecutors(state, access) }
    case 'GET_TASKS':
      return { type, get_tasks: getTasks(state, access) }
    case 'GET_AGENT':
      return { type, get_agent: getAgent(state) }
    case 'GET_OPERATIONS':
      return { type, get_operations: getOperations(state, access) }
    case 'GET_RESOURCE_PROVIDERS':
      return { type, get_resource_providers: {} }
    case 'GET_CONTAINERS':
      return { type, get_containers: await getContainers(context, access, call.get_containers) }
    case 'LIST_FILES':
      return { type, list_files: await list({ ...context, access }, call.list_files?.path ?? '') }
    case 'READ_FILE':
      return { type, read_file: await read({ ...context, access }, call.read_file) }
    case 'ADD_RESOURCE_PROVIDER_CONFIG':
    case 'UPDATE_RESOURCE_PROVIDER_CONFIG':
      return refuseProvider(call)
    case 'MARK_RESOURCE_PROVIDER_GONE':
      return markProviderGone(call.mark_resource_provider_gone)
    // Nothing is configured that could be removed, and no image is kept that could be pruned.
    case 'REMOVE_RESOURCE_PROVIDER_CONFIG':
    case 'PRUNE_IMAGES':
      return undefined
    default:
      throw new HttpError(501, '501 Not Implemented.')
  }
}

function setLoggingLevel({ logging }: HttpContext, request: agent.Call_SetLoggingLevel | undefined): undefined {
  const refusal = request && logging.toggle(request.level, Number(request.duration.nanoseconds) / 1e6)
  if (refusal !== undefined) throw new HttpError(400, refusal)
}

/** As Mesos says of a kind of provider that it has no driver for: here that is every kind. */
function refuseProvider(call: agent.Call): never {
  const { type = '', name = '' } =
    (call.add_resource_provider_config ?? call.update_resource_provider_config)?.info ?? {}
  throw new HttpError(
    400,
    `Failed to validate resource provider config with type '${type}' and name '${name}': ` +
      `Unknown local resource provider type '${type}'`,
  )
}

function markProviderGone(request: agent.Call_MarkResourceProviderGone | undefined): never {
  const id = request?.resource_provider_id.value ?? ''
  throw new HttpError(400, `Failed to mark resource provider ${id} as gone: unknown resource provider`)
}

async function getContainers(
  context: HttpContext,
  access: Access,
  request: agent.Call_GetContainers | undefined,
): Promise<agent.Response_GetContainers> {
  const measured = await measureContainers(context, {
    nested: request?.show_nested === true,
    standalone: request?.show_standalone === true,
    access,
  })
  return {
    containers: measured.map(({ view, statistics }) => ({
      ...(view.owner === undefined
        ? {}
        : {
            framework_id: { value: view.owner.frameworkId },
            executor_id: { value: view.owner.executorId },
            executor_name: view.owner.executorName,
          }),
      container_id: view.containerId,
      container_status: containerStatus(view),
      resource_statistics: statistics,
    })),
  }
}

async function list(context: FilesContext, path: string): Promise<agent.Response_ListFiles> {
  const infos = await listFiles(context, path)
  return {
    file_infos: infos.map(({ path: name, nlink, size, mtimeMs, mode, uid, gid }) => {
      return { path: name, nlink, size, mtime: { nanoseconds: BigInt(Math.round(mtimeMs * 1e6)) }, mode, uid, gid }
    }),
  }
}

async function read(context: FilesContext, request: agent.Call_ReadFile | undefined): Promise<agent.Response_ReadFile> {
  const length = request?.length === undefined ? undefined : Number(request.length)
  return await readFilePart(context, request?.path ?? '', { offset: Number(request?.offset ?? 0), length })
}

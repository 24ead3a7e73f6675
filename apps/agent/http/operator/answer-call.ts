import { getAgent, getExecutors, getFrameworks, getOperations, getTasks } from '@thermosphere/agent-core'
import type { agent } from '@thermosphere/protocol'
import { HttpError } from '@thermosphere/service-kit'
import { VERSION_INFO } from '../../version.ts'
import { metricsSnapshot } from '../classic/metrics.ts'
import type { HttpContext } from '../context.ts'
import { listFiles } from '../files/list-files.ts'
import { readFilePart } from '../files/read-file.ts'
import { measureContainers } from '../statistics.ts'

/** The reading calls of the agent's operator API. */
export async function answerCall(context: HttpContext, call: agent.Call): Promise<agent.Response> {
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
      return { type, get_logging_level: { level: context.config.logging_level === 'debug' ? 1 : 0 } }
    case 'GET_STATE': {
      const parts = {
        get_tasks: getTasks(state),
        get_executors: getExecutors(state),
        get_frameworks: getFrameworks(state),
      }
      return { type, get_state: parts }
    }
    case 'GET_FRAMEWORKS':
      return { type, get_frameworks: getFrameworks(state) }
    case 'GET_EXECUTORS':
      return { type, get_executors: getExecutors(state) }
    case 'GET_TASKS':
      return { type, get_tasks: getTasks(state) }
    case 'GET_AGENT':
      return { type, get_agent: getAgent(state) }
    case 'GET_OPERATIONS':
      return { type, get_operations: getOperations(state) }
    case 'GET_RESOURCE_PROVIDERS':
      return { type, get_resource_providers: {} }
    case 'GET_CONTAINERS':
      return { type, get_containers: await getContainers(context, call.get_containers) }
    case 'LIST_FILES':
      return { type, list_files: await list(context, call.list_files?.path ?? '') }
    case 'READ_FILE':
      return { type, read_file: await read(context, call.read_file) }
    default:
      throw new HttpError(501, '501 Not Implemented.')
  }
}

async function getContainers(
  context: HttpContext,
  request: agent.Call_GetContainers | undefined,
): Promise<agent.Response_GetContainers> {
  const measured = await measureContainers(context, { nested: request?.show_nested === true })
  return {
    containers: measured.map(({ view, statistics }) => ({
      framework_id: { value: view.frameworkId },
      executor_id: { value: view.executorId },
      executor_name: view.executorName,
      container_id: view.containerId,
      container_status: {
        container_id: view.containerId,
        ...(view.pid === undefined || view.pid === 0 ? {} : { executor_pid: view.pid }),
      },
      resource_statistics: statistics,
    })),
  }
}

async function list(context: HttpContext, path: string): Promise<agent.Response_ListFiles> {
  const infos = await listFiles(context, path)
  return {
    file_infos: infos.map(({ path: name, nlink, size, mtimeMs, mode, uid, gid }) => {
      return { path: name, nlink, size, mtime: { nanoseconds: BigInt(Math.round(mtimeMs * 1e6)) }, mode, uid, gid }
    }),
  }
}

async function read(context: HttpContext, request: agent.Call_ReadFile | undefined): Promise<agent.Response_ReadFile> {
  const length = request?.length === undefined ? undefined : Number(request.length)
  return await readFilePart(context, request?.path ?? '', { offset: Number(request?.offset ?? 0), length })
}

import { getMetricsAnswer, isLargeCall, largeAnswer, operatorCallProblem, v1Views } from '@thermosphere/master-core'
import type { Master, Rendering, Sight } from '@thermosphere/master-core'
import { encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { master, MediaType } from '@thermosphere/protocol'
import { randomUUID } from 'node:crypto'
import { by, methodNotAllowed, plainStatus, sendEncoded, sendEmpty, sendReply, sendText } from '../answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import { decodeCall } from '../decode-call.ts'
import { FileError } from '../files/virtual-files.ts'
import { sendLargeEncoded } from '../large-answers.ts'
import { acceptedEncoding } from '../negotiate.ts'
import type { MasterContext } from '../context.ts'
import { sightOf } from '../login/sight-of.ts'
import type { Guard } from '../login/sight-of.ts'

type View = (context: MasterContext, call: master.Call) => master.Response | Promise<master.Response>

/** Calls that are refused as a whole; others leave out what is not to be seen. */
const guards: Partial<Record<master.Call_Type, Guard>> = {
  GET_FLAGS: ['view_flags'],
  GET_METRICS: ['get_endpoints', '/metrics/snapshot'],
  LIST_FILES: ['access_mesos_logs'],
  READ_FILE: ['access_mesos_logs'],
  SET_LOGGING_LEVEL: ['set_log_level'],
}

/** Calls that are answered from what the process knows besides the core. */
const processViews: Partial<Record<master.Call_Type, View>> = {
  GET_HEALTH: () => ({ type: 'GET_HEALTH', get_health: { healthy: true } }),
  GET_FLAGS: ({ surroundings }) => ({
    type: 'GET_FLAGS',
    get_flags: { flags: Object.entries(surroundings.flags).map(([name, value]) => ({ name, value })) },
  }),
  GET_VERSION: ({ surroundings }) => ({ type: 'GET_VERSION', get_version: { version_info: surroundings.version } }),
  GET_LOGGING_LEVEL: ({ logging }) => ({ type: 'GET_LOGGING_LEVEL', get_logging_level: { level: logging.level() } }),
  LIST_FILES: async ({ files }, call) => ({
    type: 'LIST_FILES',
    list_files: { file_infos: await files.listInfos(call.list_files?.path ?? '') },
  }),
  READ_FILE: async ({ files }, call) => {
    const { path = '', offset = 0, length } = call.read_file ?? {}
    const read = await files.read(path, Number(offset), length === undefined ? undefined : Number(length))
    return { type: 'READ_FILE', read_file: { size: read.size, data: read.data } }
  },
}

/** `POST /api/v1`: reads are answered from views, changes go through the core. */
export function operatorApi(context: MasterContext): Handler {
  return async (exchange) => {
    if (exchange.request.method !== 'POST') return methodNotAllowed(exchange, ['POST'])
    const call = await decodeCall('mesos.v1.master.Call', exchange)
    if (!call) return
    const problem = operatorCallProblem(call)
    if (problem !== undefined) return sendText(exchange.response, 400, `Failed to validate master::Call: ${problem}`)
    await answer(context, exchange, call)
  }
}

async function answer(context: MasterContext, exchange: Exchange, call: master.Call): Promise<void> {
  const { request, response } = exchange
  const encoding = acceptedEncoding(request)
  if (!encoding)
    return sendText(response, 406, "Expecting 'Accept' to allow application/json or application/x-protobuf")
  const sight = sightOf(context, exchange)
  const guard = guards[call.type ?? 'UNKNOWN']
  if (guard && !sight.may(...guard)) return sendText(response, 403, plainStatus(403))
  if (call.type === 'SUBSCRIBE') {
    const streamId = randomUUID()
    context.loop.operators.open(streamId, response, encoding, {})
    return context.loop.submit({ type: 'operator-subscribed', streamId, ...by(exchange) })
  }
  await context.whole({ agents: call.type === 'GET_STATE' || call.type === 'GET_AGENTS' })
  const rendering = renderingOf(context, sight, { call, encoding })
  if (rendering) return sendLargeEncoded(context, exchange, { encoding, rendering })
  const view = viewOf(call, sight)
  if (view) {
    const body = await readView(context, view, call)
    if (body instanceof FileError) return sendText(response, body.status, body.message)
    const name = 'mesos.v1.master.Response'
    return sendEncoded(
      response,
      encoding,
      encoding === 'application/json' ? encodeJson(name, body) : encodeProtobuf(name, body),
    )
  }
  if (call.type === 'SET_LOGGING_LEVEL' && call.set_logging_level) {
    const { level, duration } = call.set_logging_level
    const refusal = context.logging.toggle(level, Number(duration.nanoseconds) / 1e6)
    return refusal === undefined ? sendEmpty(response, 200) : sendText(response, 400, refusal)
  }
  sendReply(response, await context.loop.ask<'operator-call'>({ type: 'operator-call', call, ...by(exchange) }))
}

/** Answers that grow with the cluster. */
function renderingOf(
  { loop, processMetrics }: MasterContext,
  sight: Sight,
  { call: { type }, encoding }: { readonly call: master.Call; readonly encoding: MediaType },
): Rendering | undefined {
  if (type === 'GET_METRICS')
    return getMetricsAnswer(loop.master, { now: Date.now(), more: processMetrics() }, encoding)
  return isLargeCall(type) ? largeAnswer(loop.master, sight, { type, encoding }) : undefined
}

function viewOf(call: master.Call, sight: Sight): View | undefined {
  const { type = 'UNKNOWN' } = call
  const process = processViews[type]
  if (process) return process
  const views: Partial<Record<string, (m: Master, sight: Sight) => master.Response>> = v1Views
  const core = views[type]
  return core && (({ loop }) => core(loop.master, sight))
}

async function readView(context: MasterContext, view: View, call: master.Call): Promise<master.Response | FileError> {
  try {
    return await view(context, call)
  } catch (error) {
    if (error instanceof FileError) return error
    throw error
  }
}

import { decodeJson, WireError } from '@thermosphere/protocol'
import type { maintenance, master, mesos } from '@thermosphere/protocol'
import { readBody } from '@thermosphere/service-kit'
import { MASTER_LIMITS } from '../../limits.ts'
import { by, methodNotAllowed, sendReply, sendText } from '../answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import type { MasterContext } from '../context.ts'
import { listOf, parseForm, queryError } from './form.ts'
import { settingViews } from './read-endpoints.ts'

type Refusal = { readonly status: number; readonly text: string }
type ToCall = (form: ReadonlyMap<string, string>) => master.Call | string

/** Endpoints that change something; each is an operator call in older clothes. */
export const writeEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/reserve': formCall(context, reserve),
  '/unreserve': formCall(context, unreserve),
  '/create-volumes': formCall(context, createVolumes),
  '/destroy-volumes': formCall(context, destroyVolumes),
  '/teardown': formCall(context, teardown),
  '/weights': byMethod({ GET: settingViews.weights(context), PUT: bodyCall(context, weights) }),
  '/quota': byMethod({
    GET: settingViews.quota(context),
    POST: bodyCall(context, quota),
    DELETE: removeQuota(context),
  }),
  '/maintenance/schedule': byMethod({ GET: settingViews.schedule(context), POST: bodyCall(context, schedule) }),
  '/machine/down': byMethod({ POST: bodyCall(context, machines('START_MAINTENANCE')) }),
  '/machine/up': byMethod({ POST: bodyCall(context, machines('STOP_MAINTENANCE')) }),
})

const byMethod =
  (handlers: Readonly<Record<string, Handler>>): Handler =>
  (exchange) => {
    const handler = handlers[exchange.request.method ?? '']
    return handler ? handler(exchange) : methodNotAllowed(exchange, Object.keys(handlers))
  }

const readText = async (exchange: Exchange): Promise<string> =>
  (await readBody(exchange.request, MASTER_LIMITS.formBytesMax)).toString('utf8')

const perform = async (context: MasterContext, exchange: Exchange, call: master.Call): Promise<void> =>
  sendReply(
    exchange.response,
    await context.loop.ask<'operator-call'>({ type: 'operator-call', call, ...by(exchange) }),
  )

/** A body of query-encoded text, whatever its type says. */
function formCall(context: MasterContext, toCall: ToCall): Handler {
  const post: Handler = async (exchange) => {
    const text = await readText(exchange)
    const form = parseForm(text)
    if (form === undefined) return sendText(exchange.response, 400, queryError(text))
    const call = toCall(form)
    if (typeof call === 'string') return sendText(exchange.response, 400, call)
    const unknown = unknownAgent(context, form)
    if (unknown !== undefined) return sendText(exchange.response, 400, unknown)
    await perform(context, exchange, call)
  }
  return byMethod({ POST: post })
}

function unknownAgent({ loop }: MasterContext, form: ReadonlyMap<string, string>): string | undefined {
  const id = form.get('slaveId')
  return id === undefined || loop.master.agents.has(id) ? undefined : 'No agent found with specified ID'
}

const missing = (name: string): string => `Missing '${name}' query parameter in the request body`

/** The agent and one list of resources. */
function withResources(
  form: ReadonlyMap<string, string>,
  name: string,
  toCall: (agent_id: mesos.AgentID, resources: mesos.Resource[]) => master.Call,
): master.Call | string {
  const agentId = form.get('slaveId')
  if (agentId === undefined) return missing('slaveId')
  const text = form.get(name)
  if (text === undefined) return missing(name)
  const resources = listOf(text)
  if (typeof resources === 'string')
    return `Error in parsing '${name}' query parameter in the request body: ${resources}`
  return toCall({ value: agentId }, resources)
}

const reserve: ToCall = (form) =>
  withResources(form, 'resources', (agent_id, resources) => {
    const text = form.get('source')
    const source = text === undefined ? [] : listOf(text)
    return {
      type: 'RESERVE_RESOURCES',
      reserve_resources: { agent_id, resources, ...(Array.isArray(source) && source.length > 0 && { source }) },
    }
  })

const unreserve: ToCall = (form) =>
  withResources(form, 'resources', (agent_id, resources) => ({
    type: 'UNRESERVE_RESOURCES',
    unreserve_resources: { agent_id, resources },
  }))

const createVolumes: ToCall = (form) =>
  withResources(form, 'volumes', (agent_id, volumes) => ({
    type: 'CREATE_VOLUMES',
    create_volumes: { agent_id, volumes },
  }))

const destroyVolumes: ToCall = (form) =>
  withResources(form, 'volumes', (agent_id, volumes) => ({
    type: 'DESTROY_VOLUMES',
    destroy_volumes: { agent_id, volumes },
  }))

const teardown: ToCall = (form) => {
  const value = form.get('frameworkId')
  return value === undefined ? missing('frameworkId') : { type: 'TEARDOWN', teardown: { framework_id: { value } } }
}

type FromBody = (text: string) => master.Call | Refusal

/** A JSON body. */
const bodyCall =
  (context: MasterContext, parse: FromBody): Handler =>
  async (exchange) => {
    const parsed = parse(await readText(exchange))
    if ('status' in parsed) return sendText(exchange.response, parsed.status, parsed.text)
    await perform(context, exchange, parsed)
  }

const bad = (text: string): Refusal => ({ status: 400, text })

/** A wire message out of a body; `say` words what is wrong with it. */
function attempt<T>(read: () => T, say: (problem: string, stage: string) => string): T | Refusal {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return bad(say(error.message, error.stage))
  }
}

const isRefusal = (value: object): value is Refusal => 'status' in value && 'text' in value

/** An array body is read as the member of a call that takes the same list. */
const weights: FromBody = (text) => {
  const read = attempt(
    () => decodeJson('mesos.v1.master.Call.UpdateWeights', `{"weight_infos":${text === '' ? 'x' : text}}`),
    (problem, stage) =>
      stage === 'json'
        ? `Failed to parse update weights request JSON '${text}': syntax error at line 1 near: ${text}`
        : `Failed to convert weights JSON array to protobuf '${text}': ${problem}`,
  )
  return isRefusal(read) ? read : { type: 'UPDATE_WEIGHTS', update_weights: read }
}

const quota: FromBody = (text) => {
  const read = attempt(
    () => decodeJson('mesos.v1.quota.QuotaRequest', text),
    (problem) => `Failed to parse set quota request JSON '${text}': ${problem}`,
  )
  return isRefusal(read) ? read : { type: 'SET_QUOTA', set_quota: { quota_request: read } }
}

const schedule: FromBody = (text) => {
  const read = attempt(
    (): maintenance.Schedule => decodeJson('mesos.v1.maintenance.Schedule', text),
    (problem) => problem,
  )
  return isRefusal(read)
    ? read
    : { type: 'UPDATE_MAINTENANCE_SCHEDULE', update_maintenance_schedule: { schedule: read } }
}

const machines =
  (type: 'START_MAINTENANCE' | 'STOP_MAINTENANCE'): FromBody =>
  (text) => {
    const read = attempt(
      () => decodeJson('mesos.v1.master.Call.StartMaintenance', `{"machines":${text === '' ? 'x' : text}}`),
      (problem) => problem,
    )
    if (isRefusal(read)) return read
    return type === 'START_MAINTENANCE' ? { type, start_maintenance: read } : { type, stop_maintenance: read }
  }

/** `DELETE /quota/<role>`; the role may have slashes of its own. */
const removeQuota =
  (context: MasterContext): Handler =>
  async (exchange) => {
    const { path, response } = exchange
    const role = path.slice('/quota/'.length)
    const reply = await context.loop.ask<'operator-call'>({
      type: 'operator-call',
      call: { type: 'REMOVE_QUOTA', remove_quota: { role } },
      ...by(exchange),
    })
    if (reply.text === undefined) return sendReply(response, reply)
    sendText(response, reply.status, `Failed to remove quota for path '/master${path}': ${reply.text}`)
  }

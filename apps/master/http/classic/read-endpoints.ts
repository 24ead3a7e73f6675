import {
  flagsObject,
  frameworksAnswer,
  maintenanceStatusView,
  metricsAnswer,
  offerConstraintsAnswer,
  quotaView,
  registryAnswer,
  rolesView,
  scheduleView,
  slavesAnswer,
  stateAnswer,
  stateSummaryAnswer,
  tasksAnswer,
  versionView,
  weightsView,
} from '@thermosphere/master-core'
import type { Rendering, Sight } from '@thermosphere/master-core'
import { parseDuration, systemStats } from '@thermosphere/service-kit'
import { MASTER_LIMITS } from '../../limits.ts'
import { plainStatus, sendEmpty, sendJson, sendText } from '../answers.ts'
import { sendLargeJson } from '../large-answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import type { MasterContext } from '../context.ts'
import { guarded, sightOf } from '../login/sight-of.ts'

type View = (context: MasterContext, sight: Sight) => string

const optional = (query: URLSearchParams, name: string): string | undefined => query.get(name) ?? undefined

type LargeView = (context: MasterContext, sight: Sight, query: URLSearchParams) => Rendering

/** Endpoints that only show what is. */
const views: Record<string, View> = {
  '/roles': ({ loop }, sight) => rolesView(loop.master, sight),
  '/maintenance/status': ({ loop }, sight) => maintenanceStatusView(loop.master, sight),
}

/** Those that grow with the cluster. */
const largeViews: Record<string, LargeView> = {
  '/state': ({ loop, surroundings }, sight) => stateAnswer(loop.master, sight, surroundings),
  '/state-summary': ({ loop }, sight) => stateSummaryAnswer(loop.master, sight),
  '/slaves': ({ loop }, sight, query) => slavesAnswer(loop.master, sight, optional(query, 'slave_id')),
  '/frameworks': ({ loop }, sight, query) => frameworksAnswer(loop.master, sight, optional(query, 'framework_id')),
  '/allocator/offer_constraints_debug': ({ loop }, sight) => offerConstraintsAnswer(loop.master, sight),
}

export const readEndpoints = (context: MasterContext): Record<string, Handler> => ({
  ...Object.fromEntries(Object.entries(views).map(([path, view]) => [path, jsonOf(context, view)])),
  ...Object.fromEntries(Object.entries(largeViews).map(([path, view]) => [path, largeJsonOf(context, view)])),
  '/tasks': tasks(context),
})

/** What every master answers itself, to anybody. */
export const openEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/health': ({ response }) => sendEmpty(response, 200),
  '/redirect': redirect(context),
})

/** What every master answers itself. */
export const ownEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/flags': guarded(
    context,
    ['view_flags'],
    jsonOf(context, ({ surroundings }) => `{"flags":${flagsObject(surroundings.flags)}}`),
  ),
})

/** The same data, for endpoints that can also be written to. */
export const settingViews = {
  weights: (context: MasterContext) => jsonOf(context, ({ loop }, sight) => weightsView(loop.master, sight)),
  quota: (context: MasterContext) => jsonOf(context, ({ loop }, sight) => quotaView(loop.master, sight)),
  schedule: (context: MasterContext) => jsonOf(context, ({ loop }, sight) => scheduleView(loop.master, sight)),
} as const

const jsonOf =
  (context: MasterContext, view: View): Handler =>
  async (exchange) => {
    await context.whole({ agents: false })
    sendJson(exchange, view(context, sightOf(context, exchange)))
  }

const largeJsonOf =
  (context: MasterContext, view: LargeView): Handler =>
  async (exchange) => {
    await context.whole({ agents: true })
    return sendLargeJson(context, exchange, view(context, sightOf(context, exchange), exchange.query))
  }

const tasks =
  (context: MasterContext): Handler =>
  async (exchange) => {
    const { query, response } = exchange
    const limit = countOf(query, 'limit', MASTER_LIMITS.tasksPageDefault)
    const offset = countOf(query, 'offset', 0)
    if (limit === undefined || offset === undefined)
      return sendText(response, 400, "Failed to parse 'limit' or 'offset': not a number")
    const frameworkId = optional(query, 'framework_id')
    const taskId = optional(query, 'task_id')
    const order = query.get('order') === 'asc' ? 'asc' : 'desc'
    await context.whole({ agents: false })
    return sendLargeJson(
      context,
      exchange,
      tasksAnswer(context.loop.master, sightOf(context, exchange), { frameworkId, taskId, limit, offset, order }),
    )
  }

function countOf(query: URLSearchParams, name: string, absent: number): number | undefined {
  const text = query.get(name)
  if (text === null) return absent
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Protocol-relative, to the leader, also when that is this master. */
const redirect =
  ({ leading }: MasterContext): Handler =>
  ({ response }) => {
    const now = leading()
    if (now.state === 'nobody') sendText(response, 503, 'No leader elected')
    else sendEmpty(response, 307, { Location: `//${now.leader}` })
  }

/** Endpoints of the process, not of the master within it; this one for anybody. */
export const openProcessEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/version': jsonOf(context, ({ surroundings }) => versionView(surroundings)),
})

export const loggingEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/logging/toggle': guarded(context, ['get_endpoints', '/logging/toggle'], toggleLogging(context)),
})

export const processEndpoints = (context: MasterContext): Record<string, Handler> => ({
  '/metrics/snapshot': guarded(context, ['get_endpoints', '/metrics/snapshot'], metrics(context)),
  '/system/stats.json': jsonOf(context, ({ processMetrics }) => JSON.stringify(systemStats(processMetrics()))),
  '/registrar(1)/registry': largeJsonOf(context, ({ masterOrBlank }) => registryAnswer(masterOrBlank())),
})

const metrics =
  (context: MasterContext): Handler =>
  async (exchange) => {
    const timeout = exchange.query.get('timeout')
    if (timeout !== null && parseDuration(timeout) === undefined) {
      return sendText(exchange.response, 400, `Invalid timeout '${timeout}'`)
    }
    await context.whole({ agents: false })
    const elected = context.leading().state === 'here' ? 1 : 0
    const more = { ...context.processMetrics(), 'master/elected': elected }
    return sendLargeJson(context, exchange, metricsAnswer(context.masterOrBlank(), Date.now(), more))
  }

const toggleLogging =
  (context: MasterContext): Handler =>
  (exchange: Exchange) => {
    const { logging } = context
    const { query, response } = exchange
    const level = query.get('level')
    const duration = query.get('duration')
    if (level === null && duration === null) return sendText(response, 200, `${logging.level()}\n`)
    if (level === null) return sendText(response, 400, "Expecting 'level=value' in query.\n")
    if (duration === null) return sendText(response, 400, "Expecting 'duration=value' in query.\n")
    const durationMs = parseDuration(duration)
    if (!/^-?\d+$/.test(level) || durationMs === undefined)
      return sendText(response, 400, `Invalid level '${level}' or duration '${duration}'.\n`)
    if (!sightOf(context, exchange).may('set_log_level')) return sendText(response, 403, plainStatus(403))
    const refusal = logging.toggle(Number(level), durationMs)
    if (refusal === undefined) sendEmpty(response, 200)
    else sendText(response, 400, refusal)
  }

import { may, stateView } from '@thermosphere/agent-core'
import { toJsonObject } from '@thermosphere/protocol'
import { HttpError, parseDuration, systemStats } from '@thermosphere/service-kit'
import express from 'express'
import type { Request, Response, Router } from 'express'
import { VERSION_INFO } from '../../version.ts'
import { accessOf, forbidden, refuseUnlessAllowed } from '../access/admission.ts'
import { queryText, refuseMethod, send, sendEmpty, sendJson } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { LIMITS } from '../../limits.ts'
import { SharedPace } from '../shared-pace.ts'
import { containerStatus, measureContainers } from '../statistics.ts'
import type { MeasuredContainer } from '../statistics.ts'
import { metricsSnapshot } from './metrics.ts'

/** The endpoints that were there before the v1 API. They answer every method, as Mesos does. */
export function classicRoutes(context: HttpContext): Router {
  const router = express.Router()
  const { shell, flags } = context
  const pace = new SharedPace<MeasuredContainer[]>(LIMITS.statisticsIntervalMs)
  router.all('/health', (_request, response) => sendEmpty(response, 200))
  router.all('/version', (request, response) => sendJson(request, response, VERSION_INFO))
  router.all('/flags', (request, response) => {
    const access = accessOf(request)
    if (access.acls !== undefined) refuseMethod(request, ['GET'])
    if (!may(access, 'view_flags')) throw forbidden()
    sendJson(request, response, { flags })
  })
  router.all('/state', (request, response) => {
    refuseWhileRecovering(context)
    const access = accessOf(request)
    sendJson(request, response, {
      ...VERSION_INFO,
      start_time: shell.state.startedAt / 1000,
      ...stateView(shell.state, access),
      ...(shell.master === undefined ? {} : { master_hostname: shell.master.replace(/:\d+$/, '') }),
      ...(may(access, 'view_flags') ? { ...logPlaces(flags), flags } : {}),
    })
  })
  router.all('/monitor/statistics', async (request, response) => {
    refuseUnlessAllowed(request, '/monitor/statistics')
    const measured = await pace.run(() => measureContainers(context, { nested: false, access: undefined }))
    sendJson(request, response, measured.map(statisticsObject))
  })
  router.all('/containers', async (request, response) => {
    refuseUnlessAllowed(request, '/containers')
    const measured = await measureContainers(context, { nested: false, access: accessOf(request) })
    sendJson(request, response, measured.filter(containerFilter(request)).map(containerObject))
  })
  router.all('/containerizer/debug', (request, response) => {
    refuseUnlessAllowed(request, '/containerizer/debug')
    sendJson(request, response, { pending: [] })
  })
  router.all('/metrics/snapshot', (request, response) => {
    refuseUnlessAllowed(request, '/metrics/snapshot')
    const timeout = queryText(request, 'timeout')
    if (timeout !== undefined && parseDuration(timeout) === undefined) {
      throw new HttpError(400, `Invalid timeout '${timeout}'`)
    }
    sendJson(request, response, metricsSnapshot(context))
  })
  router.all('/logging/toggle', (request, response) => toggleLogging(context, request, response))
  router.all('/system/stats.json', (request, response) =>
    sendJson(request, response, systemStats(metricsSnapshot(context))),
  )
  return router
}

function toggleLogging({ logging }: HttpContext, request: Request, response: Response): void {
  refuseUnlessAllowed(request, '/logging/toggle')
  const level = queryText(request, 'level')
  const duration = queryText(request, 'duration')
  if (level === undefined && duration === undefined) return send(response, 'text/plain', `${logging.level()}\n`)
  if (level === undefined) throw new HttpError(400, "Expecting 'level=value' in query.\n")
  if (duration === undefined) throw new HttpError(400, "Expecting 'duration=value' in query.\n")
  const durationMs = parseDuration(duration)
  if (!/^-?\d+$/.test(level) || durationMs === undefined) {
    throw new HttpError(400, `Invalid level '${level}' or duration '${duration}'.\n`)
  }
  if (!may(accessOf(request), 'set_log_level')) throw forbidden()
  const refusal = logging.toggle(Number(level), durationMs)
  if (refusal !== undefined) throw new HttpError(400, refusal)
  sendEmpty(response, 200)
}

export function refuseWhileRecovering({ shell }: HttpContext): void {
  if (shell.state.link.type === 'recovering') throw new HttpError(503, 'Agent has not finished recovery')
}

function head({ view: { owner } }: MeasuredContainer): Record<string, unknown> {
  return {
    framework_id: owner?.frameworkId,
    executor_id: owner?.executorId,
    executor_name: owner?.executorName,
    source: owner?.source,
  }
}

function statisticsObject(measured: MeasuredContainer): Record<string, unknown> {
  return { ...head(measured), statistics: toJsonObject('mesos.v1.ResourceStatistics', measured.statistics) }
}

function containerObject(measured: MeasuredContainer): Record<string, unknown> {
  const { view } = measured
  return {
    ...statisticsObject(measured),
    container_id: view.containerId.value,
    status: toJsonObject('mesos.v1.ContainerStatus', containerStatus(view)),
  }
}

/** By container, by framework, or by framework and executor; other combinations are refused. */
function containerFilter(request: Request): (measured: MeasuredContainer) => boolean {
  const containerId = queryText(request, 'container_id')
  const frameworkId = queryText(request, 'framework_id')
  const executorId = queryText(request, 'executor_id')
  const isMixed = containerId !== undefined && (frameworkId !== undefined || executorId !== undefined)
  if (isMixed || (executorId !== undefined && frameworkId === undefined)) {
    throw new HttpError(
      400,
      'Supplied query parameters are container_id only, framework_id only, or executor_id and framework_id only',
    )
  }
  return ({ view }) =>
    (containerId === undefined || view.containerId.value === containerId) &&
    (frameworkId === undefined || view.owner?.frameworkId === frameworkId) &&
    (executorId === undefined || view.owner?.executorId === executorId)
}

/** Of the flags, those that `/state` shows once more. */
const logPlaces = (flags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(['log_dir', 'external_log_file'].flatMap((name) => (flags[name] ? [[name, flags[name]]] : [])))

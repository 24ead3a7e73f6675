import { stateView } from '@thermosphere/agent-core'
import { toJsonObject } from '@thermosphere/protocol'
import { HttpError, parseDuration } from '@thermosphere/service-kit'
import express from 'express'
import type { Request, Router } from 'express'
import { VERSION_INFO } from '../../version.ts'
import { queryText, sendEmpty, sendJson } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { measureContainers } from '../statistics.ts'
import type { MeasuredContainer } from '../statistics.ts'
import { metricsSnapshot } from './metrics.ts'

/** The endpoints that were there before the v1 API. They answer every method, as Mesos does. */
export function classicRoutes(context: HttpContext): Router {
  const router = express.Router()
  const { shell, flags } = context
  router.all('/health', (_request, response) => sendEmpty(response, 200))
  router.all('/version', (request, response) => sendJson(request, response, VERSION_INFO))
  router.all('/flags', (request, response) => sendJson(request, response, { flags }))
  router.all('/state', (request, response) => {
    refuseWhileRecovering(context)
    sendJson(request, response, {
      ...VERSION_INFO,
      start_time: shell.state.startedAt / 1000,
      ...stateView(shell.state),
      ...(shell.master === undefined ? {} : { master_hostname: shell.master.replace(/:\d+$/, '') }),
      flags,
    })
  })
  router.all('/monitor/statistics', async (request, response) => {
    const measured = await measureContainers(context, { nested: false })
    sendJson(request, response, measured.map(statisticsObject))
  })
  router.all('/containers', async (request, response) => {
    const measured = await measureContainers(context, { nested: false })
    sendJson(request, response, measured.filter(containerFilter(request)).map(containerObject))
  })
  router.all('/containerizer/debug', (request, response) => sendJson(request, response, { pending: [] }))
  router.all('/metrics/snapshot', (request, response) => {
    const timeout = queryText(request, 'timeout')
    if (timeout !== undefined && parseDuration(timeout) === undefined) {
      throw new HttpError(400, `Invalid timeout '${timeout}'`)
    }
    sendJson(request, response, metricsSnapshot(context))
  })
  return router
}

export function refuseWhileRecovering({ shell }: HttpContext): void {
  if (shell.state.link.type === 'recovering') throw new HttpError(503, 'Agent has not finished recovery')
}

function head({ view }: MeasuredContainer): Record<string, unknown> {
  return {
    framework_id: view.frameworkId,
    executor_id: view.executorId,
    executor_name: view.executorName,
    source: view.source,
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
    status: {
      container_id: toJsonObject('mesos.v1.ContainerID', view.containerId),
      ...(view.pid === undefined || view.pid === 0 ? {} : { executor_pid: view.pid }),
    },
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
    (frameworkId === undefined || view.frameworkId === frameworkId) &&
    (executorId === undefined || view.executorId === executorId)
}

/** `/v2/deployments`, `/v2/queue` and `/v2/tasks`. */
import { allTasks, deploymentDetail, deploymentsView, queueView } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { RequestHandler } from 'express'
import { killOptions } from './apps.ts'
import { byMethod, notFound, run } from './answer.ts'
import type { HttpContext } from './context.ts'
import { acceptsPlainText, plainTasks } from './plain-tasks.ts'
import { flagOf, jsonOf, listOf, pathIdOf, segmentsOf } from './request.ts'

const uriNotFound = (): HttpError => new HttpError(404, 'URI not found')

export function deploymentsRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    const [id, ...rest] = segmentsOf(request)
    if (rest.length > 0) throw uriNotFound()
    const handler =
      id === undefined
        ? byMethod({
            GET: (_request, answer) => {
              answer.json(deploymentsView(context.state))
            },
          })
        : byMethod({
            GET: () => {
              const deployment = context.state.deployments.get(id)
              if (deployment === undefined) throw notFound(`DeploymentPlan ${id} does not exist`)
              response.json(deploymentDetail(context.state, deployment, context.shell.now()))
            },
            DELETE: () => run(context, response, { type: 'delete-deployment', id, force: flagOf(request, 'force') }),
          })
    await handler(request, response, next)
  }
}

export function queueRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    const segments = segmentsOf(request)
    const isDelay = segments.length > 1 && segments.at(-1) === 'delay'
    if (segments.length > 0 && !isDelay) throw uriNotFound()
    const handler = isDelay
      ? byMethod({
          DELETE: () => run(context, response, { type: 'reset-delay', appId: pathIdOf(segments.slice(0, -1)) }),
        })
      : byMethod({
          GET: () => {
            const withOffers = listOf(request, 'embed').includes('lastUnusedOffers')
            response.json(queueView(context.state, { now: context.shell.now(), withOffers }))
          },
        })
    await handler(request, response, next)
  }
}

export function tasksRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    const segments = segmentsOf(request)
    const isDelete = segments.length === 1 && segments[0] === 'delete'
    if (segments.length > 0 && !isDelete) throw uriNotFound()
    const handler = isDelete
      ? byMethod({
          POST: async () => {
            const body = await jsonOf(request)
            await run(context, response, { type: 'kill-tasks', body, options: killOptions(request) })
          },
        })
      : byMethod({
          GET: () => {
            if (acceptsPlainText(request)) plainTasks(context, response, [...context.state.root.apps.values()])
            else response.json({ tasks: allTasks(context.state, listOf(request, 'status')) })
          },
        })
    await handler(request, response, next)
  }
}

/** Endpoints about Marathon itself. */
import { HttpError } from '@thermosphere/service-kit'
import { Router } from 'express'
import type { Response } from 'express'
import { z } from 'zod'
import { configStrings } from '../config.ts'
import { abdicateAfterMs } from '../limits.ts'
import { byMethod } from './answer.ts'
import type { HttpContext } from './context.ts'
import { infoView } from './info.ts'
import { jsonOf } from './request.ts'

const loggingSchema = z.object({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error']),
  logger: z.string().min(1).max(256),
  durationSeconds: z.number().positive().max(86_400).optional(),
})

export function systemRoutes(context: HttpContext): Router {
  const router = Router()
  router.all(
    '/ping',
    byMethod({ GET: (request, response) => answerPing(request.accepts(['text/plain', 'json', 'html']), response) }),
  )
  router.all('/metrics', byMethod({ GET: (_request, response) => void response.json(context.metrics.json()) }))
  router.all(
    '/metrics/prometheus',
    byMethod({
      GET: async (_request, response) => {
        response.setHeader('Content-Type', context.metrics.prometheusContentType)
        response.send(await context.metrics.prometheus())
      },
    }),
  )
  router.all('/config', byMethod({ GET: (_request, response) => void response.json(configStrings(context.config)) }))
  router.all('/logging', logging(context))
  router.all('/help', byMethod({ GET: (_request, response) => response.redirect(302, '/ui/') }))
  router.all('/', byMethod({ GET: (_request, response) => response.redirect(302, '/ui/') }))
  router.all('/v2/info', byMethod({ GET: (_request, response) => void response.json(infoView(context)) }))
  router.all('/v2/leader', leader(context))
  router.all('/v2/plugins', byMethod({ GET: (_request, response) => void response.json({ plugins: [] }) }))
  router.all('/v2/plugins/:id/{*path}', (request) => {
    throw new HttpError(404, `No plugin with this pluginId: ${String(request.params['id'])}`, { details: [] })
  })
  return router
}

function answerPing(type: string | false, response: Response): void {
  if (type === 'json') response.json('pong')
  else if (type === false) response.status(204).end()
  else response.type(type === 'html' ? 'text/html' : 'text/plain').send('pong')
}

function leader(context: HttpContext) {
  return byMethod({
    GET: (_request, response) => void response.json({ leader: context.leader() }),
    DELETE: (_request, response) => {
      response.json({ message: 'Leadership abdicated', details: [] })
      setTimeout(() => context.abdicate(), abdicateAfterMs)
    },
  })
}

function logging({ loggers: { log } }: HttpContext) {
  return byMethod({
    GET: (_request, response) => void response.json({ ROOT: log.level.toUpperCase() }),
    POST: async (request, response) => {
      const change = loggingSchema.safeParse(await jsonOf(request))
      if (!change.success) throw new HttpError(422, 'Object is not valid', { details: z.prettifyError(change.error) })
      const { level, durationSeconds } = change.data
      const before = log.level
      log.level = level
      if (durationSeconds !== undefined) setTimeout(() => (log.level = before), durationSeconds * 1000).unref()
      response.json(change.data)
    },
  })
}

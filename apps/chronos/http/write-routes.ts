/** Endpoints that change something. */
import type { Command, Reply } from '@thermosphere/chronos-core'
import { firstCursor, parseJob, upcoming } from '@thermosphere/chronos-core'
import { HttpError, parseRequest, readJson } from '@thermosphere/service-kit'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { bodyBytesMax } from '../limits.ts'
import type { Chronos } from '../shell/chronos.ts'

const progressSchema = z.object({ numAdditionalElementsProcessed: z.coerce.number().int() })
const endSchema = z.object({ statusCode: z.coerce.number().int() })

function answer(response: Response, reply: Reply): void {
  if (reply.status >= 400) throw new HttpError(reply.status, reply.message ?? 'refused')
  response.status(reply.status)
  // It says JSON and is a sentence; clients of the original rely on both.
  if (reply.body !== undefined) response.type('application/json').send(reply.body)
  else response.end()
}

/** Whatever a client says it sends is read if it is JSON; only what is not is 415. */
async function readDocument(request: Request): Promise<unknown> {
  const type = request.headers['content-type'] ?? 'application/json'
  try {
    return await readJson(request, bodyBytesMax)
  } catch (cause) {
    const isUnreadable = cause instanceof HttpError && cause.status === 400
    if (!isUnreadable || /^(?:application|text)\/(?:[\w.+-]+\+)?json\b/i.test(type)) throw cause
    throw new HttpError(415, `${type} is not supported; a job is application/json`, { cause })
  }
}

/** Errors, warnings and the next runs of a job that is not stored. */
function preview(chronos: Chronos, document: unknown): object {
  const now = Date.now()
  const parsed = parseJob(document, { now, defaults: chronos.state.config.defaults })
  if (!parsed.ok) return { valid: false, errors: [parsed.message], next: [] }
  const { trigger } = parsed.job
  if (trigger.type === 'dependent') return { valid: true, errors: [], next: [] }
  const left = trigger.schedule.type === 'iso' ? trigger.schedule.repetitions : undefined
  const times = upcoming(trigger.schedule, firstCursor(trigger.schedule, now), { count: 10, left })
  return { valid: true, errors: [], next: times.map((at) => new Date(at).toISOString()) }
}

export function addWriteRoutes(router: Router, chronos: Chronos): void {
  const send = async (response: Response, command: Command): Promise<void> => {
    answer(response, await chronos.command(command))
  }
  for (const endpoint of ['iso8601', 'dependency'] as const) {
    const put = async (request: Request, response: Response): Promise<void> => {
      const document = await readDocument(request)
      await send(response, { type: 'put-job', document, endpoint })
    }
    router.post(`/${endpoint}`, put)
    router.put(`/${endpoint}`, put)
  }
  router.post('/validate', async (request, response) => {
    response.json(preview(chronos, await readDocument(request)))
  })
  router.put('/job/success/:name', (request, response) =>
    send(response, { type: 'mark-success', name: request.params.name }),
  )
  router.put('/job/:name', (request, response) => {
    const given = request.query['arguments']
    const [list] = [given].flat().filter((text) => typeof text === 'string')
    return send(response, { type: 'run-job', name: request.params.name, arguments: list })
  })
  router.delete('/job/:name', (request, response) => send(response, { type: 'delete-job', name: request.params.name }))
  for (const [word, disabled] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    router.post(`/job/:name/${word}`, (request, response) => {
      const { name } = request.params
      return send(response, { type: 'set-disabled', name: String(name), disabled })
    })
  }
  router.post('/job/:name/task/:taskId/progress', async (request, response) => {
    const { numAdditionalElementsProcessed: elements } = parseRequest(
      progressSchema,
      await readJson(request, bodyBytesMax),
    )
    const { name, taskId } = request.params
    await send(response, { type: 'progress', name, taskId, elements })
  })
  router.delete('/task/kill/:name', (request, response) =>
    send(response, { type: 'kill-job', name: request.params.name }),
  )
  router.delete('/task/all', (_request, response) => send(response, { type: 'drop-queue' }))
  router.put('/task/:taskId', async (request, response) => {
    const { statusCode } = parseRequest(endSchema, await readJson(request, bodyBytesMax))
    await send(response, { type: 'end-async-task', taskId: request.params.taskId, statusCode })
  })
}

import { createEndpointHelp, HttpError, sharedEndpointTexts } from '@thermosphere/service-kit'
import express from 'express'
import type { Router } from 'express'
import { queryText, send, sendJsonText } from '../answers.ts'

/** Every path that is answered; those of the agent are also below `/slave(1)`. */
export const endpointTexts: Readonly<Record<string, string>> = {
  ...sharedEndpointTexts,
  '/api/v1': 'The operator API: calls, and sessions in containers, in JSON or protobuf.',
  '/api/v1/executor': 'The executor API, in JSON or protobuf.',
  '/containerizer/debug': 'Operations on containers that have not ended.',
  '/containers': 'Containers with their use, of all or of one (container_id, framework_id, executor_id).',
  '/flags': 'The flags of the agent.',
  '/monitor/statistics': 'The use of every executor.',
  '/state': 'Everything: resources, frameworks, executors, tasks.',
  '/files/follow': 'A file from an offset on, and what is written to it later (path, offset).',
}

const help = createEndpointHelp('slave(1)', endpointTexts)

/** `/help`, `/help/<part>` and `/help/<part>/<endpoint>`. */
export function helpRoutes(): Router {
  const router = express.Router()
  router.all('/help{/*endpoint}', (request, response) => {
    const { endpoint = [] } = request.params
    const format = queryText(request, 'format') === 'json' ? 'json' : 'text'
    const answer = help.answer(['/help', ...endpoint].join('/'), format)
    if (answer === undefined) throw new HttpError(404, '404 Not Found.')
    if (format === 'json') sendJsonText(request, response, answer)
    else send(response, 'text/plain; charset=utf-8', answer)
  })
  return router
}

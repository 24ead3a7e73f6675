import { createEndpointHelp, sharedEndpointTexts } from '@thermosphere/service-kit'
import { plainStatus, sendJson, sendText } from '../answers.ts'
import type { Handler } from '../answers.ts'

/** Every path that is answered; those of the master are also below `/master`. */
export const endpointTexts: Readonly<Record<string, string>> = {
  ...sharedEndpointTexts,
  '/': 'What this is, and where to look further.',
  '/allocator/offer_constraints_debug': 'The offer constraints of the frameworks.',
  '/api/v1': 'The operator API: calls and the stream of events, in JSON or protobuf.',
  '/api/v1/scheduler': 'The scheduler API for frameworks, in JSON or protobuf.',
  '/create-volumes': 'Makes persistent volumes of reserved disk (POST slaveId, volumes).',
  '/destroy-volumes': 'Destroys persistent volumes (POST slaveId, volumes).',
  '/flags': 'The flags of the master.',
  '/frameworks': 'Frameworks, of all or of one (framework_id).',
  '/machine/down': 'Takes machines down for maintenance (POST a list of machines).',
  '/machine/up': 'Brings machines up again (POST a list of machines).',
  '/maintenance/schedule': 'The maintenance schedule (GET), or another one (POST).',
  '/maintenance/status': 'Machines that are drained or down, with the answers of frameworks.',
  '/quota': 'Quotas (GET), a new one (POST), or one less (DELETE /quota/<role>).',
  '/redirect': 'Redirects to the leading master.',
  '/reserve': 'Reserves resources (POST slaveId, resources, source).',
  '/roles': 'Roles with their weights, quotas and use.',
  '/slaves': 'Agents, of all or of one (slave_id).',
  '/state': 'Everything: agents, frameworks, tasks.',
  '/state-summary': 'Counts of tasks and resources of agents and frameworks.',
  '/tasks': 'Tasks, newest first (limit, offset, order, framework_id, task_id).',
  '/teardown': 'Ends a framework with all its tasks (POST frameworkId).',
  '/unreserve': 'Takes reservations back (POST slaveId, resources).',
  '/weights': 'Weights of roles (GET), or other ones (PUT).',
  '/registrar(1)/registry': 'What the master keeps of agents, machines, quotas and weights.',
}

const help = createEndpointHelp('master', endpointTexts)

const helpHandler: Handler = (exchange) => {
  const { path, query, response } = exchange
  const format = query.get('format') === 'json' ? 'json' : 'text'
  const answer = help.answer(path, format)
  if (answer === undefined) return sendText(response, 404, plainStatus(404))
  if (format === 'json') sendJson(exchange, answer)
  else sendText(response, 200, answer)
}

const page = `This is a Thermosphere master. The dashboard is at the gateway.
Endpoints of the master are listed at /help.
`

export const helpEndpoints: Readonly<Record<string, Handler>> = { '/help': helpHandler }

/** Where Mesos has its web pages. */
export const pageEndpoints: Readonly<Record<string, Handler>> = {
  '/': ({ response }) => sendText(response, 200, page),
}

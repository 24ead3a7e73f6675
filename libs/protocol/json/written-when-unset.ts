import type { Field } from '../schema.ts'

/** Mesos writes the lists of these even when they are empty (deprecated ones excepted). */
const alwaysListed: ReadonlySet<string> = new Set([
  'mesos.v1.master.Response.GetAgents',
  'mesos.v1.master.Response.GetExecutors',
  'mesos.v1.master.Response.GetFrameworks',
  'mesos.v1.master.Response.GetTasks',
  'mesos.v1.agent.Response.GetExecutors',
  'mesos.v1.agent.Response.GetFrameworks',
  'mesos.v1.agent.Response.GetTasks',
])

/** What JSON output shows for an unset field: the default of the schema, `[]`, or (`undefined`) nothing. */
export function writtenWhenUnset(field: Field, messageName: string): unknown {
  if (field.deprecated === true) return undefined
  if (field.label === 'repeated') return alwaysListed.has(messageName) ? [] : undefined
  return field.label === 'optional' ? field.default : undefined
}

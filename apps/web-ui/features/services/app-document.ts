import type { App } from '../../api/schemas/marathon.ts'
import type { JsonObject } from '../document/json-document.ts'
import { format, isObject } from '../document/json-document.ts'
import { plural } from '../../ui/text/format.ts'

/** What Marathon adds to an app when it answers; none of it belongs into a request. */
const readOnly = new Set([
  'version',
  'versionInfo',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'deployments',
  'lastTaskFailure',
  'taskStats',
  'readinessCheckResults',
])

/** The app as it would be posted: everything the user may change, nothing else. */
export function configurationOf(app: App | JsonObject): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(app))
  if (!isObject(plain)) return {}
  const members = Object.entries(plain).filter(([key, value]) => !readOnly.has(key) && value !== null)
  return Object.fromEntries(members.sort(([a], [b]) => placeOf(a) - placeOf(b) || a.localeCompare(b)))
}

/** The order people write an app in; the rest by name. One order, or differences would be full of moved lines. */
const order = ['id', 'cmd', 'args', 'user', 'container', 'instances', 'cpus', 'mem', 'disk', 'gpus', 'env', 'labels']
const placeOf = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length)

export const configurationText = (app: App | JsonObject) => format(configurationOf(app))

export const newService = (group: string): JsonObject => ({
  id: group === '/' ? '/' : `${group}/`,
  cmd: '',
  instances: 1,
  cpus: 0.1,
  mem: 64,
})

/** A service that answers HTTP with nothing but a shell's own tools. */
export const sampleService: JsonObject = {
  id: '/hello',
  cmd: 'echo "Hello from $HOST"; i=0; while true; do i=$((i+1)); echo "$(date +%T) still here, line $i"; sleep 2; done',
  instances: 2,
  cpus: 0.1,
  mem: 32,
  labels: { purpose: 'sample' },
}

/** Members whose change replaces no instance: Marathon only scales. */
const scalingOnly = new Set(['instances'])

/** What saving will do, in one sentence, before it is done. */
export function describeChange(before: App, after: JsonObject): string {
  const stored = configurationOf(before)
  const changed = [...new Set([...Object.keys(stored), ...Object.keys(after)])].filter(
    (key) => JSON.stringify(stored[key]) !== JSON.stringify(after[key]),
  )
  if (changed.length === 0) return 'Nothing changes.'
  const wanted = typeof after['instances'] === 'number' ? after['instances'] : before.instances
  if (changed.every((key) => scalingOnly.has(key))) return describeScale(before.instances, wanted)
  if (before.tasksRunning === 0) return `Saves the new configuration; nothing is running to be replaced.`
  return `Replaces ${plural(before.tasksRunning, 'instance')}, ${survivors(after, before)}.`
}

function describeScale(from: number, to: number): string {
  if (to === 0) return `Stops all ${plural(from, 'instance')}; the configuration stays.`
  return to > from
    ? `Starts ${plural(to - from, 'more instance')}.`
    : `Stops ${from - to} of ${plural(from, 'instance')}.`
}

function survivors(after: JsonObject, before: App): string {
  const strategy = isObject(after['upgradeStrategy']) ? after['upgradeStrategy'] : before.upgradeStrategy
  const capacity = typeof strategy?.['minimumHealthCapacity'] === 'number' ? strategy['minimumHealthCapacity'] : 1
  const kept = Math.ceil(before.instances * capacity)
  return kept === 0 ? 'all of them may be down at once' : `at least ${kept} ${kept === 1 ? 'stays' : 'stay'} healthy`
}

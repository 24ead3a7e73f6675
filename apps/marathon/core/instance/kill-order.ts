/** Which instances go first when there are too many. */
import type { App } from '../app/index.ts'
import { isPlaced } from './instance.ts'
import type { Agent, Condition, Instance } from './instance.ts'

const conditionRank: Partial<Record<Condition, number>> = { Unreachable: 0, Staging: 1, Starting: 2, Running: 3 }
const otherRank = 4

export function compareForKill(app: App): (left: Instance, right: Instance) => number {
  return (left, right) => rankOf(left) - rankOf(right) || ageOrder(app, left, right)
}

function rankOf(instance: Instance): number {
  return isPlaced(instance.state) ? (conditionRank[instance.state.condition] ?? otherRank) : -1
}

function ageOf(instance: Instance): number {
  const { state } = instance
  if (!isPlaced(state)) return state.since
  return state.activeSince ?? state.task.stagedAt
}

function ageOrder(app: App, left: Instance, right: Instance): number {
  const youngestFirst = ageOf(right) - ageOf(left)
  return app.killSelection === 'YOUNGEST_FIRST' ? youngestFirst : -youngestFirst
}

function attributeOf(agent: Agent, field: string): string {
  if (field === 'hostname' || field === '@hostname') return agent.host
  if (field === '@region') return agent.region ?? ''
  if (field === '@zone') return agent.zone ?? ''
  return JSON.stringify(agent.attributes.find((attribute) => attribute.name === field) ?? '')
}

/** How crowded an instance's place is by the app's GROUP_BY constraints; removing from crowds evens the spread. */
function crowding(app: App, instances: readonly Instance[]): (instance: Instance) => number {
  const fields = app.constraints.filter(([, operator]) => operator === 'GROUP_BY').map(([field]) => field ?? '')
  const counts = new Map<string, number>()
  const keysOf = (instance: Instance): string[] =>
    isPlaced(instance.state) ? fields.map((field) => `${field}=${attributeOf(placedAgent(instance), field)}`) : []
  for (const instance of instances) for (const key of keysOf(instance)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return (instance) => keysOf(instance).reduce((sum, key) => sum + (counts.get(key) ?? 0), 0)
}

function placedAgent(instance: Instance): Agent {
  return isPlaced(instance.state) ? instance.state.agent : { id: '', host: '', attributes: [] }
}

/** The `count` instances to remove: named ones first, then crowded places, then by condition and killSelection. */
export function selectForKill(
  app: App,
  candidates: readonly Instance[],
  options: { readonly count: number; readonly first: ReadonlySet<string> },
): Instance[] {
  const order = compareForKill(app)
  const rest = [...candidates]
  const chosen: Instance[] = []
  const hasGroups = app.constraints.some(([, operator]) => operator === 'GROUP_BY')
  rest.sort((a, b) => Number(options.first.has(b.id)) - Number(options.first.has(a.id)) || order(a, b))
  while (chosen.length < options.count && rest.length > 0) {
    const index = hasGroups ? mostCrowded(app, rest, options.first) : 0
    chosen.push(...rest.splice(index, 1))
  }
  return chosen
}

function mostCrowded(app: App, rest: readonly Instance[], first: ReadonlySet<string>): number {
  const crowd = crowding(app, rest)
  let best = 0
  for (const [index, instance] of rest.entries()) {
    const leader = rest[best]
    if (leader === undefined || first.has(leader.id)) return best
    if (crowd(instance) > crowd(leader)) best = index
  }
  return best
}

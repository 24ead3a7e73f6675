/**
 * Whether an orchestrator of services kept within the bounds of an app's upgradeStrategy: it never killed a healthy
 * instance when that left fewer than the minimum, and never started one beyond the maximum.
 */

/** What an app asked for, from the request until the next one had replaced it for certain. Versions may overlap. */
export type AppVersion = {
  readonly app: string
  readonly fromAt: number
  readonly untilAt?: number
  readonly instances: number
  /** Share of the instances that stay healthy, 0 to 1. */
  readonly minimumHealthCapacity: number
  /** Share of the instances that may run in addition, 0 to 1. */
  readonly maximumOverCapacity: number
}

export type InstanceLife = {
  readonly app: string
  readonly id: string
  readonly activeAt: number
  /** Absent: it never became healthy. */
  readonly healthyAt?: number
  readonly unhealthyAt?: number
  /** When the orchestrator's wish to end it reached it. Absent: it was not killed. */
  readonly killedAt?: number
  /** When it ended, or was replaced because nobody could reach it. Absent: it runs. */
  readonly endedAt?: number
}

export type CapacityHistory = {
  readonly versions: readonly AppVersion[]
  readonly instances: readonly InstanceLife[]
}

export type CapacityBreach = {
  readonly app: string
  readonly instance: string
  readonly at: number
  readonly kind: 'below minimum' | 'above maximum'
  readonly count: number
  readonly bound: number
}

export type CapacityVerdict = {
  readonly isValid: boolean
  readonly kills: number
  readonly starts: number
  readonly breaches: readonly CapacityBreach[]
}

const isBefore = (at: number, bound: number | undefined): boolean => bound === undefined || at < bound

const isActive = (life: InstanceLife, at: number): boolean => life.activeAt <= at && isBefore(at, life.endedAt)

const isHealthy = (life: InstanceLife, at: number): boolean =>
  isActive(life, at) && life.healthyAt !== undefined && life.healthyAt <= at && isBefore(at, life.unhealthyAt)

// A little below a whole number by rounding alone is that number.
const ceil = (value: number): number => Math.ceil(value - 1e-9)
const floor = (value: number): number => Math.floor(value + 1e-9)

/** At least this many healthy ones stay when one is killed, and at most so many are active when one is started. */
function boundsOf(version: AppVersion): { readonly healthyMin: number; readonly activeMax: number } {
  const { instances, minimumHealthCapacity, maximumOverCapacity } = version
  const healthyMin = ceil(instances * minimumHealthCapacity)
  const activeMax = floor(instances * (1 + maximumOverCapacity))
  // Where neither leaves room to move, one more runs for a while.
  return { healthyMin, activeMax: healthyMin === activeMax ? activeMax + 1 : activeMax }
}

/** Where several versions may hold, the widest bounds of them; undefined when none does. */
function boundsAt(versions: readonly AppVersion[], at: number): ReturnType<typeof boundsOf> | undefined {
  const bounds = versions.filter((version) => version.fromAt <= at && isBefore(at, version.untilAt)).map(boundsOf)
  if (bounds.length === 0) return undefined
  return {
    healthyMin: Math.min(...bounds.map(({ healthyMin }) => healthyMin)),
    activeMax: Math.max(...bounds.map(({ activeMax }) => activeMax)),
  }
}

type AppHistory = { readonly lives: readonly InstanceLife[]; readonly versions: readonly AppVersion[] }

function breachOfStart(life: InstanceLife, { lives, versions }: AppHistory): CapacityBreach[] {
  const bounds = boundsAt(versions, life.activeAt)
  if (bounds === undefined) return []
  const count = lives.filter((other) => isActive(other, life.activeAt)).length
  if (count <= bounds.activeMax) return []
  const { app, id, activeAt } = life
  return [{ app, instance: id, at: activeAt, kind: 'above maximum', count, bound: bounds.activeMax }]
}

function breachOfKill(life: InstanceLife, { lives, versions }: AppHistory): CapacityBreach[] {
  const { killedAt, app, id } = life
  if (killedAt === undefined || !isHealthy(life, killedAt)) return []
  const bounds = boundsAt(versions, killedAt)
  if (bounds === undefined) return []
  const isLeft = (other: InstanceLife): boolean =>
    other !== life && isHealthy(other, killedAt) && (other.killedAt === undefined || other.killedAt > killedAt)
  const count = lives.filter(isLeft).length
  if (count >= bounds.healthyMin) return []
  return [{ app, instance: id, at: killedAt, kind: 'below minimum', count, bound: bounds.healthyMin }]
}

/** Names every start and every kill that left the bounds of its app. */
export function checkCapacity(history: CapacityHistory): CapacityVerdict {
  const versions = Map.groupBy(history.versions, ({ app }) => app)
  const breaches = [...Map.groupBy(history.instances, ({ app }) => app)].flatMap(([app, lives]) => {
    const own = { lives, versions: versions.get(app) ?? [] }
    return lives.flatMap((life) => [...breachOfStart(life, own), ...breachOfKill(life, own)])
  })
  return {
    isValid: breaches.length === 0,
    kills: history.instances.filter(({ killedAt }) => killedAt !== undefined).length,
    starts: history.instances.length,
    breaches: breaches.sort((a, b) => a.at - b.at),
  }
}

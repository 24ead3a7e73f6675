/**
 * The arithmetic of a rolling restart. It is computed anew from what there is each time something changed,
 * so a restart of Marathon or an instance that dies needs no case of its own.
 * R1 a healthy old instance is killed only while more than ceil(n × minimumHealthCapacity) healthy ones remain;
 *    one whose checks have told nothing yet counts as sick among those that remain and as healthy when it is to go
 * R2 instances are started only while all there are, dying ones included, stay within the capacity
 */
export type RollInput = {
  readonly target: number
  readonly minimumHealthCapacity: number
  readonly maximumOverCapacity: number
  /** Instances of older configurations that nobody asked to end, by health; unhealthy are all that are not healthy. */
  readonly oldHealthy: number
  readonly oldUnhealthy: number
  /** Of the unhealthy ones: those whose checks have told nothing yet, as after a change of leaders. */
  readonly oldUnknown: number
  /** Instances that were asked to end and have not yet. */
  readonly dying: number
  /** Instances of the wanted configuration, and how many of those are healthy and ready. */
  readonly fresh: number
  readonly ready: number
}

export type RollPlan = {
  readonly killUnhealthy: number
  readonly killHealthy: number
  readonly start: number
  readonly isDone: boolean
}

type RollBounds = { readonly healthyMin: number; readonly capacityMax: number }

/** Guards against 0.1 × 30 = 3.0000000000000004 instances. */
const epsilon = 1e-9

function rollBounds(input: RollInput): RollBounds {
  const healthyMin = Math.ceil(input.target * input.minimumHealthCapacity - epsilon)
  const capacity = Math.floor(input.target * (1 + input.maximumOverCapacity) + epsilon)
  const healthy = input.oldHealthy + input.ready
  // Without room above or below nothing could ever move: one more is allowed for a moment.
  return { healthyMin, capacityMax: healthyMin === capacity && capacity <= healthy ? capacity + 1 : capacity }
}

export function planRoll(input: RollInput): RollPlan {
  const { target, oldHealthy, oldUnhealthy, oldUnknown, dying, fresh, ready } = input
  const { healthyMin, capacityMax } = rollBounds(input)
  const old = oldHealthy + oldUnhealthy
  const spareHealthy = Math.max(0, oldHealthy + ready - healthyMin)
  // Every ready new instance takes the place of an old one, whatever the health of that one.
  const wanted = Math.max(spareHealthy, old - (target - ready))
  // What is unknown may be healthy: it is ended only while there are enough others.
  const endable = oldHealthy + ready >= healthyMin ? oldUnhealthy : oldUnhealthy - oldUnknown
  const regular = Math.min(endable, wanted)
  const killHealthy = Math.min(oldHealthy, spareHealthy, Math.max(0, wanted - regular))
  const start = Math.max(0, Math.min(target - fresh, capacityMax - old - dying - fresh))
  const isStalled = start === 0 && regular + killHealthy === 0 && dying === 0 && fresh === ready && fresh < target
  // Unhealthy old instances that fill the capacity would block the restart for ever. What is unknown is awaited.
  const killUnhealthy = isStalled ? Math.min(oldUnhealthy - oldUnknown, target - fresh) : regular
  return { killUnhealthy, killHealthy, start, isDone: old + dying === 0 && fresh === target && ready === target }
}

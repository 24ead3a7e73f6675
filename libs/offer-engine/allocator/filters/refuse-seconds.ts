import type { Millis } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'

const defaultRefuseMs: Millis = 5_000
const refuseMsMax: Millis = 365 * 86_400_000

/** How long a declined offer is not repeated: 5 s unless told sensibly, at most a year; 0 = repeat at once. */
export function refuseMillis(filters: mesos.Filters | undefined): Millis {
  const seconds = filters?.refuse_seconds ?? 5
  if (Number.isNaN(seconds) || seconds < 0) return defaultRefuseMs
  return Math.min(seconds * 1000, refuseMsMax)
}

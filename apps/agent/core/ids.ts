import type { Random } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'

/** A version 4 UUID as the 16 bytes of the wire. */
export function uuidBytes(random: Random): Uint8Array {
  return Uint8Array.fromHex(random.uuid().replaceAll('-', ''))
}

export function hex(bytes: Uint8Array): string {
  return bytes.toHex()
}

/** `parent.child`, as Mesos prints nested container ids. */
export function containerIdText(id: mesos.ContainerID): string {
  return id.parent === undefined ? id.value : `${containerIdText(id.parent)}.${id.value}`
}

/** A duration of the wire in milliseconds. */
export function millisOf(duration: mesos.DurationInfo | undefined, fallback: number): number {
  return duration === undefined ? fallback : Number(duration.nanoseconds) / 1e6
}

const UNITS = [
  ['weeks', 604_800_000],
  ['days', 86_400_000],
  ['hrs', 3_600_000],
  ['mins', 60_000],
  ['secs', 1000],
] as const

/** `5secs`, `1mins`: the largest unit that divides, as Mesos prints durations. */
export function durationText(ms: number): string {
  for (const [unit, size] of UNITS) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  if (ms >= 1000) return `${ms / 1000}secs`
  return `${ms}ms`
}

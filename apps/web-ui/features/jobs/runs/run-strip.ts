import type { Status } from '../../../ui/status.ts'

/** Past runs and the next ones on one honest time axis: positions are shares of its length. */
type StripRun = { id: string; at: number; position: number; status: Status }
type Strip = {
  past: StripRun[]
  next: { at: number; position: number }[]
  nowPosition: number
  ticks: { at: number; position: number }[]
}

const pastMax = 60
const tickCount = 5
const minSpanMs = 60_000

export function layOutStrip(
  runs: readonly { id: string; at: number; status: Status }[],
  next: readonly number[],
  now: number,
): Strip {
  const past = runs
    .map((run) => ({ ...run, at: Math.min(run.at, now) }))
    .sort((a, b) => b.at - a.at)
    .slice(0, pastMax)
  const futureMs = Math.max(0, ...next.map((at) => at - now))
  const oldestMs = Math.max(0, ...past.map((run) => now - run.at))
  const pastMs =
    futureMs > 0
      ? Math.max(minSpanMs, Math.min(Math.max(oldestMs, minSpanMs), futureMs))
      : Math.max(minSpanMs, oldestMs)
  const span = pastMs + Math.max(futureMs, pastMs * 0.06)
  const from = now - pastMs
  const position = (at: number) => (at - from) / span
  return {
    past: past.filter((run) => run.at >= from).map((run) => ({ ...run, position: position(run.at) })),
    next: next.map((at) => ({ at, position: position(at) })),
    nowPosition: position(now),
    ticks: Array.from({ length: tickCount }, (_, index) => ({
      at: from + (span * index) / (tickCount - 1),
      position: index / (tickCount - 1),
    })),
  }
}

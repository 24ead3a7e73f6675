import type { Random } from '@thermosphere/effects'

/** A command of a plain framework's task, as `taskBehaviour` reads it. */
export function drawCommand(random: Random): string {
  const trap = random.integer(8) === 0 ? "trap '' TERM; " : ''
  const kind = random.integer(10)
  if (kind < 2) return `${trap}sleep infinity`
  const seconds = kind < 6 ? 1 + random.integer(20) : 20 + random.integer(120)
  return `${trap}sleep ${seconds}; exit ${random.integer(4) === 0 ? 1 : 0}`
}

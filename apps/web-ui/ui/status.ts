/** The five states everything is drawn in: a colour and a shape each, never a colour alone. */
export const statuses = ['healthy', 'working', 'waiting', 'failing', 'stopped'] as const
export type Status = (typeof statuses)[number]

const severity: Record<Status, number> = { failing: 4, waiting: 3, working: 2, healthy: 1, stopped: 0 }

export const worstFirst = (a: Status, b: Status) => severity[b] - severity[a]
export const worstOf = (all: readonly Status[]): Status => all.toSorted(worstFirst)[0] ?? 'stopped'

/** Whether everything that was acknowledged is there in the end, and nothing is there that nobody asked for. */

export type Write = {
  /** What is written: `app /web`, `quota of team`. */
  readonly subject: string
  /** What it is afterwards; undefined: it is removed. */
  readonly value: string | undefined
  readonly sentAt: number
  /** When the answer came; absent while nobody knows. */
  readonly answeredAt?: number
  /** Unknown: no answer, or one that leaves open whether it took place. */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown'
}

export type WrongValue = {
  readonly subject: string
  readonly found: string | undefined
  /** What it might be after all that was asked. */
  readonly possible: readonly (string | undefined)[]
}

export type WritesVerdict = {
  readonly isValid: boolean
  readonly acknowledged: number
  readonly unknown: number
  readonly refused: number
  readonly wrong: readonly WrongValue[]
}

/**
 * A write takes place between its being sent and its answer, one without an answer at any time after it was sent or
 * never. So the last of what was acknowledged, those that overlap with it, and what is unknown may stand in the end.
 */
function possibleValues(writes: readonly Write[]): (string | undefined)[] {
  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged')
  const lastSentAt = Math.max(...acknowledged.map(({ sentAt }) => sentAt))
  const standing = acknowledged.filter(({ answeredAt }) => (answeredAt ?? Number.POSITIVE_INFINITY) >= lastSentAt)
  const open = writes.filter(({ outcome }) => outcome === 'unknown')
  const none = acknowledged.length === 0 ? [undefined] : []
  return [...new Set([...none, ...standing, ...open].map((write) => write?.value))]
}

/** `final` is what is there in the end, by subject. */
export function checkWrites(writes: readonly Write[], final: ReadonlyMap<string, string>): WritesVerdict {
  const bySubject = Map.groupBy(writes, ({ subject }) => subject)
  const wrong = [...new Set([...bySubject.keys(), ...final.keys()])].flatMap((subject): WrongValue[] => {
    const found = final.get(subject)
    const possible = possibleValues(bySubject.get(subject) ?? [])
    return possible.includes(found) ? [] : [{ subject, found, possible }]
  })
  const count = (outcome: Write['outcome']): number => writes.filter((write) => write.outcome === outcome).length
  return {
    isValid: wrong.length === 0,
    acknowledged: count('acknowledged'),
    unknown: count('unknown'),
    refused: count('refused'),
    wrong,
  }
}

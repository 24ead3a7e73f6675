/**
 * What every core hands to its shell: plain data, performed by the shell loop in order.
 * A core exports `step(state, input, now): Effect[]`; its Effect union contains StoreEffect and TimerEffect
 * and any effects of its own, which may carry `after`.
 */

/** Milliseconds since the epoch, or a duration in milliseconds. */
export type Millis = number

export type StoreWrite =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'delete-prefix'; readonly prefix: string }

/** What a store that is a map holds after the writes. */
export function applyWrites(entries: Map<string, string>, writes: readonly StoreWrite[]): void {
  for (const write of writes) {
    if (write.type === 'put') entries.set(write.key, write.value)
    else if (write.type === 'delete') entries.delete(write.key)
    else deleteBelow(entries, write.prefix)
  }
}

function deleteBelow(entries: Map<string, string>, prefix: string): void {
  for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key)
}

/** Applied as one; `id` is unique within the list of effects of one step. */
export type StoreEffect = { readonly type: 'store'; readonly id: number; readonly writes: readonly StoreWrite[] }

/** Arms (or re-arms) the timer `key` for the wall time `at`; `undefined` cancels it. */
export type TimerEffect = { readonly type: 'timer'; readonly key: string; readonly at: Millis | undefined }

/** The step is cut: its rest is due before any other input, and nothing of it is to be looked at until then. */
export type CutEffect = { readonly type: 'cut' }

/** `after` names the store effect of the same step that must be durable before this one is performed. */
export type LoopEffect = StoreEffect | TimerEffect | CutEffect | { readonly type: string; readonly after?: number }

/** All that decides a run: plain data, so that a failing one can be made smaller. Times count from the start. */
import type { Millis } from '@thermosphere/effects'
import type { ClientRequest } from '../workload/requests.ts'
import type { Wish } from './wish.ts'

/** Where virtual time begins. */
export const startAt: Millis = 1_767_225_600_000

/** How many processes of each kind there are; they are named `<kind>-<number>`, agents' hosts as their agents. */
export type Sizes = {
  readonly master: number
  readonly agent: number
  readonly framework: number
  readonly marathon: number
  readonly chronos: number
}

/** Ways between hosts, each one way: `[from, to]`. The store is a host named `store`. */
export type Ways = readonly (readonly [string, string])[]

/** Of what kind a leader is elected. */
export type Elected = 'master' | 'marathon' | 'chronos'

export type Fault =
  /** Ends before its `acts`th send or write after `at`, or after a while. A kind without a number is who leads then. */
  | { readonly at: Millis; readonly type: 'crash'; readonly target: string; readonly acts: number; readonly ms: Millis }
  /** A host loses its power, its containers with it. */
  | { readonly at: Millis; readonly type: 'reboot'; readonly target: string; readonly ms: Millis }
  | { readonly at: Millis; readonly type: 'pause'; readonly target: string; readonly ms: Millis }
  | {
      readonly at: Millis
      readonly type: 'partition'
      readonly shape: string
      readonly ways: Ways
      readonly ms: Millis
    }
  /** `one` may be a kind without a number as well. */
  | { readonly at: Millis; readonly type: 'reset'; readonly one: string; readonly other: string }
  /** Whoever leads is stopped as it writes to the store; the write arrives that long after, past the lease. */
  | { readonly at: Millis; readonly type: 'stop-at-write'; readonly leader: Elected; readonly ms: Millis }
  /** An agent ends right after it has told its master of an end, and stays away until it counts as lost. */
  | { readonly at: Millis; readonly type: 'crash-after-end'; readonly target: string; readonly ms: Millis }
  | { readonly at: Millis; readonly type: 'slow-network'; readonly latencyMs: Millis; readonly ms: Millis }
  | { readonly at: Millis; readonly type: 'store-stall'; readonly ms: Millis }
  | StoreTrouble
  | { readonly at: Millis; readonly type: 'disk-full' | 'disk-slow'; readonly target: string; readonly ms: Millis }
  | { readonly at: Millis; readonly type: 'clock-jump'; readonly target: string; readonly byMs: Millis }

type StoreTrouble = {
  readonly at: Millis
  readonly type: 'store-refuses' | 'store-loses-answers'
  readonly share: number
  readonly ms: Millis
}

export type Action =
  | { readonly at: Millis; readonly type: 'want'; readonly framework: string; readonly command: string }
  /** Wants a task on an executor of its own; ends the `nth` executor, counted around. */
  | { readonly at: Millis; readonly type: 'want-on-executor'; readonly framework: string; readonly command: string }
  | { readonly at: Millis; readonly type: 'shutdown-executor'; readonly framework: string; readonly nth: number }
  /** Kills the `nth` live task, counted around. */
  | { readonly at: Millis; readonly type: 'kill'; readonly framework: string; readonly nth: number }
  | { readonly at: Millis; readonly type: 'suppress'; readonly framework: string }
  | { readonly at: Millis; readonly type: 'weight'; readonly role: string; readonly weight: number }
  | StatefulAction

type QuotaAction = {
  readonly at: Millis
  readonly type: 'quota'
  readonly role: string
  readonly cpus: number
  readonly isGuaranteed: boolean
}

/** Of frameworks that keep reservations and volumes, and of the operators of their agents. */
export type StatefulAction =
  | QuotaAction
  | { readonly at: Millis; readonly type: 'gone' | 'deactivate' | 'reactivate'; readonly agent: string }
  | { readonly at: Millis; readonly type: 'wish'; readonly framework: string; readonly wish: Wish }
  /** Joins the role, or leaves it if it has another one. */
  | { readonly at: Millis; readonly type: 'role'; readonly framework: string; readonly role: string }
  | { readonly at: Millis; readonly type: 'drain'; readonly agent: string; readonly isGone: boolean }
  /** Changes the schedule, or the mode of a machine that is in it. */
  | { readonly at: Millis; readonly type: 'schedule' | 'unschedule' | 'down' | 'up'; readonly agent: string }
  /** What the host of an agent can spare for a while, from now on. */
  | {
      readonly at: Millis
      readonly type: 'spare'
      readonly agent: string
      readonly cpus: number
      readonly mib: number
    }
  /** The load of its host is so high that what uses revocable resources has to go. */
  | { readonly at: Millis; readonly type: 'overload'; readonly agent: string; readonly ms: Millis }
  /** Takes revocable resources from now on, or does so no longer. */
  | { readonly at: Millis; readonly type: 'capability'; readonly framework: string }
  /** Launches on revocable resources. */
  | { readonly at: Millis; readonly type: 'burst'; readonly framework: string; readonly command: string }
  /** On what is free of an agent. */
  | {
      readonly at: Millis
      readonly type: 'operate'
      readonly agent: string
      readonly role: string
      readonly operation: 'reserve' | 'unreserve' | 'create' | 'destroy'
    }

/** What cuts allocations into slices, and lets others in between. */
export type Masters = { readonly allocationWorkMax: number; readonly timersLateMs: Millis }

export type Scenario = {
  readonly seed: number
  readonly sizes: Sizes
  /** Its frameworks have several roles and keep reservations and volumes. */
  readonly isStateful: boolean
  readonly masters: Masters
  /** After that everything is whole again. */
  readonly durationMs: Millis
  readonly faults: readonly Fault[]
  readonly actions: readonly Action[]
  /** Of clients of Marathon and Chronos. */
  readonly requests: readonly ClientRequest[]
}

export const namesOf = (kind: keyof Sizes, sizes: Sizes): string[] =>
  Array.from({ length: sizes[kind] }, (_, i) => `${kind}-${i}`)

/** A seed for one concern, so that what one draws does not change what another draws. */
export function seedFor(seed: number, concern: string): number {
  let hash = 2_166_136_261 ^ seed
  for (let i = 0; i < concern.length; i++) hash = Math.imul(hash ^ concern.charCodeAt(i), 16_777_619)
  return hash >>> 0
}

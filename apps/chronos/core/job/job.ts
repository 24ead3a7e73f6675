/** A job as the core knows it: its document with defaults filled in, and what starts it. */
import type { Millis } from '@thermosphere/effects'
import type { Schedule } from '../schedule/schedule.ts'
import type { JobContainer, JobDocument } from './job-schema.ts'

type Settings = Omit<
  JobDocument,
  'parents' | 'schedule' | 'scheduleTimeZone' | 'epsilon' | 'container' | 'retryDelay' | 'constraints'
>

export type Constraint = {
  readonly attribute: string
  readonly operator: 'EQUALS' | 'LIKE' | 'UNLIKE'
  readonly value: string
}

export type Trigger =
  | {
      readonly type: 'scheduled'
      readonly schedule: Schedule
      readonly zone: string
      /** As posted; `epsilonMs` is its length. */
      readonly epsilon: string | undefined
      readonly epsilonMs: Millis | undefined
    }
  | { readonly type: 'dependent'; readonly parents: readonly string[] }

export type Job = Readonly<Settings> & {
  readonly container: JobContainer | undefined
  readonly constraints: readonly Constraint[]
  readonly trigger: Trigger
  /** As posted; `retryDelayMs` is its length. */
  readonly retryDelay: string | undefined
  readonly retryDelayMs: Millis | undefined
}

export const parentsOf = (job: Job): readonly string[] => (job.trigger.type === 'dependent' ? job.trigger.parents : [])

/** A refusal of a request: what the client is told. */
export type Refusal = { readonly ok: false; readonly status: number; readonly message: string }
export const refusal = (status: number, message: string): Refusal => ({ ok: false, status, message })

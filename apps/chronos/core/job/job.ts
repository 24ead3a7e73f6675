/** A job as the core knows it: its document with defaults filled in, and what starts it. */
import type { Millis } from '@thermosphere/effects'
import type { Schedule } from '../schedule/schedule.ts'
import type { JobContainer, JobDocument } from './job-schema.ts'

type Settings = Omit<JobDocument, 'parents' | 'schedule' | 'scheduleTimeZone' | 'container' | 'constraints' | 'timeout'>

export type Constraint = {
  readonly attribute: string
  readonly operator: 'EQUALS' | 'LIKE' | 'UNLIKE'
  readonly value: string
  /** Of LIKE and UNLIKE. */
  readonly pattern?: RegExp
}

export type Trigger =
  | {
      readonly type: 'scheduled'
      readonly schedule: Schedule
      readonly zone: string
      /** How late a run may start; undefined: there is no limit. */
      readonly epsilonMs: Millis | undefined
    }
  | { readonly type: 'dependent'; readonly parents: readonly string[] }

export type Job = Readonly<Settings> & {
  readonly container: JobContainer | undefined
  readonly constraints: readonly Constraint[]
  readonly trigger: Trigger
  /** Length of `retryDelay`. */
  readonly retryDelayMs: Millis | undefined
  /** Each delay is `factor` times the one before, at most `maxMs`. */
  readonly retryBackoffMs: { readonly factor: number; readonly maxMs: Millis }
}

export const parentsOf = (job: Job): readonly string[] => (job.trigger.type === 'dependent' ? job.trigger.parents : [])

/** A refusal of a request: what the client is told. */
export type Refusal = { readonly ok: false; readonly status: number; readonly message: string }
export const refusal = (status: number, message: string): Refusal => ({ ok: false, status, message })

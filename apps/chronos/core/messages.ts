/** What reaches the core and what it asks of its shell. */
import type { Millis, StoreEffect, TimerEffect } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import type { Job } from './job/job.ts'
import type { Run } from './state.ts'

/** A request that changes something. */
export type Command =
  | { readonly type: 'put-job'; readonly document: unknown; readonly endpoint: 'iso8601' | 'dependency' }
  | { readonly type: 'delete-job'; readonly name: string }
  | { readonly type: 'run-job'; readonly name: string; readonly arguments: string | undefined }
  | { readonly type: 'kill-job'; readonly name: string }
  | { readonly type: 'mark-success'; readonly name: string }
  | { readonly type: 'set-disabled'; readonly name: string; readonly disabled: boolean }
  | { readonly type: 'progress'; readonly name: string; readonly taskId: string; readonly elements: number }
  | { readonly type: 'end-async-task'; readonly taskId: string; readonly statusCode: number }
  | { readonly type: 'drop-queue' }

export type Input =
  | { readonly type: 'command'; readonly id: string; readonly command: Command }
  | { readonly type: 'timer'; readonly key: string }
  /** The first input: the state has been loaded. */
  | { readonly type: 'start' }
  | { readonly type: 'connected'; readonly frameworkId: string }
  | { readonly type: 'disconnected' }
  /** The master does not know the framework any more and never will again. */
  | { readonly type: 'framework-removed' }
  | { readonly type: 'offers'; readonly offers: readonly mesos.Offer[] }
  | { readonly type: 'update'; readonly status: mesos.TaskStatus }

export type Reply = { readonly status: number; readonly message?: string; readonly body?: string }

/** What changed, for those who follow the event stream. */
export type ChronosEvent =
  | { readonly type: 'job_updated'; readonly name: string }
  | { readonly type: 'job_deleted'; readonly name: string }
  | { readonly type: 'run_updated'; readonly run: Run }

/** What the owner of a job is told. */
export type Notification = {
  readonly about: 'failed' | 'disabled' | 'deleted'
  /** As it was then. */
  readonly job: Job
  readonly message: string
}

export type Effect =
  | StoreEffect
  | TimerEffect
  | { readonly type: 'reply'; readonly id: string; readonly reply: Reply; readonly after?: number }
  | { readonly type: 'call'; readonly call: Omit<scheduler.Call, 'framework_id'>; readonly after?: number }
  | { readonly type: 'event'; readonly event: ChronosEvent; readonly after?: number }
  | { readonly type: 'count'; readonly metric: string; readonly job?: string; readonly valueMs?: Millis }
  | { readonly type: 'notify'; readonly notification: Notification; readonly after?: number }
  /** Subscribe anew without an id. */
  | { readonly type: 'resubscribe'; readonly after?: number }

/** What goes into the core and what comes out of it. */
import type { Millis, StoreEffect, TimerEffect } from '@thermosphere/effects'
import type { scheduler } from '@thermosphere/protocol'

/** A request that may change something; reading requests are answered from views. */
export type Command =
  | { readonly type: 'create-app'; readonly body: unknown; readonly force: boolean; readonly audit: Audit }
  | {
      readonly type: 'update-app'
      readonly id: string
      readonly body: unknown
      readonly force: boolean
      readonly partial: boolean
      readonly mayCreate: boolean
      readonly audit: Audit
    }
  | {
      readonly type: 'update-apps'
      readonly base: string
      readonly body: unknown
      readonly force: boolean
      readonly partial: boolean
      readonly mayCreate: boolean
      readonly audit: Audit
    }
  | { readonly type: 'delete-app'; readonly id: string; readonly force: boolean }
  | { readonly type: 'restart-app'; readonly id: string; readonly force: boolean }
  | { readonly type: 'create-group'; readonly id: string; readonly body: unknown; readonly force: boolean }
  | {
      readonly type: 'update-group'
      readonly id: string
      readonly body: unknown
      readonly force: boolean
      readonly dryRun: boolean
    }
  | { readonly type: 'patch-group'; readonly id: string; readonly body: unknown }
  | { readonly type: 'delete-group'; readonly id: string; readonly force: boolean }
  | {
      readonly type: 'kill-app-tasks'
      readonly appId: string
      readonly host: string | undefined
      readonly taskId: string | undefined
      readonly options: KillOptions
    }
  | { readonly type: 'kill-tasks'; readonly body: unknown; readonly options: KillOptions }
  | { readonly type: 'delete-deployment'; readonly id: string; readonly force: boolean }
  | { readonly type: 'reset-delay'; readonly appId: string }

export type KillOptions = { readonly scale: boolean; readonly wipe: boolean; readonly force: boolean }
/** Who asked, for `api_post_event`. */
export type Audit = { readonly clientIp: string; readonly uri: string }

export type ProbeOutcome =
  | { readonly kind: 'http'; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: 'connected' }
  | { readonly kind: 'failed'; readonly reason: string }

export type Input =
  | { readonly type: 'start' }
  | { readonly type: 'command'; readonly requestId: number; readonly command: Command }
  | { readonly type: 'mesos-event'; readonly event: scheduler.Event }
  | { readonly type: 'mesos-disconnected' }
  | { readonly type: 'timer'; readonly key: string }
  | { readonly type: 'probe-result'; readonly key: string; readonly taskId: string; readonly outcome: ProbeOutcome }

export type ApiResponse = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** One event of the event stream; `eventType` and `timestamp` are members of `data` as well. */
export type MarathonEvent = { readonly eventType: string; readonly data: Readonly<Record<string, unknown>> }

export type Probe = {
  readonly protocol: 'HTTP' | 'HTTPS' | 'TCP'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly timeoutMs: Millis
  readonly keepBody: boolean
}

export type Effect =
  | StoreEffect
  | TimerEffect
  | { readonly type: 'respond'; readonly requestId: number; readonly response: ApiResponse; readonly after?: number }
  | { readonly type: 'call'; readonly call: scheduler.Call; readonly after?: number }
  | { readonly type: 'event'; readonly event: MarathonEvent; readonly after?: number }
  | { readonly type: 'probe'; readonly key: string; readonly taskId: string; readonly probe: Probe }

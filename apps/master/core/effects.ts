import type { agentLink, master, mesos, scheduler } from '@thermosphere/protocol'
import type { CutEffect, Millis, StoreEffect, TimerEffect } from '@thermosphere/effects'
import type { SubscribedSnapshot } from './answers/v1.ts'
import type { AgentId, AgentRecord, FrameworkId, LinkId, RequestId, RoleName, StreamId } from './model.ts'
import type { maintenance, quota } from '@thermosphere/protocol'

/** The answer to a call: a bare status, a text, or a body in the negotiated encoding. */
export type Reply = { readonly status: number; readonly text?: string; readonly body?: master.Response }

/** A registry change that is on disk; what follows from it may now be told. */
export type DurableChange =
  | {
      readonly change: 'agent-admitted'
      readonly linkId: LinkId
      readonly register: agentLink.AgentMessage_Register
      readonly agentId: AgentId
    }
  | {
      readonly change: 'agent-readmitted'
      readonly linkId: LinkId
      readonly reregister: agentLink.AgentMessage_Reregister
      readonly record: AgentRecord
      readonly returned: boolean
    }
  | { readonly change: 'agent-unreachable'; readonly agentId: AgentId; readonly message: string }
  | { readonly change: 'recovered-agent-unreachable'; readonly agentId: AgentId }
  | { readonly change: 'agent-gone'; readonly agentId: AgentId; readonly requestId: RequestId | undefined }
  | { readonly change: 'agent-removed'; readonly agentId: AgentId; readonly cause: string; readonly shutdown: boolean }
  | {
      readonly change: 'agent-draining'
      readonly agentId: AgentId
      readonly drain: mesos.DrainInfo
      readonly startedAt: Millis
      readonly requestId: RequestId
    }
  | { readonly change: 'agent-drained'; readonly agentId: AgentId; readonly drain: mesos.DrainInfo }
  | {
      readonly change: 'agent-deactivated'
      readonly agentId: AgentId
      readonly deactivated: boolean
      readonly requestId: RequestId
    }
  | { readonly change: 'quota'; readonly configs: readonly quota.QuotaConfig[]; readonly requestId: RequestId }
  | {
      readonly change: 'weights'
      readonly weights: readonly (readonly [RoleName, number])[]
      readonly requestId: RequestId
    }
  | { readonly change: 'schedule'; readonly schedule: maintenance.Schedule; readonly requestId: RequestId }
  | { readonly change: 'machines-down'; readonly machines: readonly mesos.MachineID[]; readonly requestId: RequestId }
  | { readonly change: 'machines-up'; readonly machines: readonly mesos.MachineID[]; readonly requestId: RequestId }

/** A scheduler that speaks by messages. `force`: it takes the framework over from another process. */
export type Driver = { readonly pid: string; readonly force: boolean }

/** Any call of a scheduler but SUBSCRIBE. */
export type SchedulerRequest = {
  readonly requestId: RequestId
  readonly streamId: string | undefined
  readonly call: scheduler.Call
  readonly principal?: string
}

/** Everything that can happen to a master. */
export type Input =
  | { readonly type: 'started' }
  | {
      readonly type: 'subscribe'
      readonly streamId: StreamId
      readonly subscribe: scheduler.Call_Subscribe
      readonly principal?: string
      readonly driver?: Driver
    }
  | ({ readonly type: 'scheduler-call' } & SchedulerRequest)
  /** A driver was aborted: it wants no offers, and may still come back. */
  | { readonly type: 'deactivate-framework'; readonly streamId: StreamId; readonly frameworkId: FrameworkId }
  | { readonly type: 'stream-closed'; readonly streamId: StreamId }
  | {
      readonly type: 'operator-call'
      readonly requestId: RequestId
      readonly call: master.Call
      readonly principal?: string
    }
  | { readonly type: 'operator-subscribed'; readonly streamId: StreamId; readonly principal?: string }
  | { readonly type: 'operator-stream-closed'; readonly streamId: StreamId }
  | { readonly type: 'link-opened'; readonly linkId: LinkId; readonly ip: string }
  | { readonly type: 'link-message'; readonly linkId: LinkId; readonly message: agentLink.AgentMessage }
  | { readonly type: 'link-closed'; readonly linkId: LinkId }
  | { readonly type: 'timer'; readonly key: string }
  /** Only agents on these hosts are offered; without any list all are. */
  | { readonly type: 'whitelist'; readonly hostnames: readonly string[] | undefined }
  | ({ readonly type: 'durable' } & DurableChange)
  /** Goes on with the step that was cut. */
  | { readonly type: 'rest' }

/** Everything a master does to its surroundings. `after` waits for that store effect of the same step. */
export type Effect =
  | StoreEffect
  | TimerEffect
  | CutEffect
  | {
      readonly type: 'event'
      readonly streamId: StreamId
      readonly event: scheduler.Event
      /** Of SUBSCRIBED: the process that is told has not lost its place. */
      readonly isBack?: true
      readonly after?: number
    }
  | { readonly type: 'end-stream'; readonly streamId: StreamId; readonly after?: number }
  | {
      readonly type: 'operator-event'
      readonly to: readonly StreamId[] | 'all'
      readonly event: master.Event
      readonly after?: number
    }
  | {
      readonly type: 'operator-snapshot'
      readonly to: StreamId
      readonly subscribed: SubscribedSnapshot
      readonly after?: number
    }
  | { readonly type: 'end-operator-stream'; readonly streamId: StreamId; readonly after?: number }
  | {
      readonly type: 'link'
      readonly linkId: LinkId
      readonly message: agentLink.MasterMessage
      readonly after?: number
    }
  | { readonly type: 'close-link'; readonly linkId: LinkId; readonly after?: number }
  | { readonly type: 'respond'; readonly requestId: RequestId; readonly reply: Reply; readonly after?: number }
  | { readonly type: 'continue'; readonly input: Input; readonly after: number }
  | { readonly type: 'note'; readonly note: Note; readonly after?: number }
  /** This master must not go on leading, for a reason that its operator has to look at. */
  | { readonly type: 'give-up'; readonly message: string; readonly after?: number }

/** What an operator would like to read in the log. */
export type Note = {
  readonly event: string
  readonly fields: Readonly<Record<string, string | number | boolean | undefined>>
}

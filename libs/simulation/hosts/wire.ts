/** What hosts say to each other. Each service of a master is a connection of its own. */
import type { agentLink, executor, master, scheduler } from '@thermosphere/protocol'

/** A scheduler's subscription: `<master>/stream`. */
export type ToStream = { readonly subscribe: scheduler.Call_Subscribe }
export type FromStream =
  | { readonly type: 'moved'; readonly to: string }
  | { readonly type: 'unavailable' }
  | { readonly type: 'accepted'; readonly streamId: string }
  | { readonly type: 'event'; readonly event: scheduler.Event }

/** A scheduler's calls: `<master>/calls`. */
export type ToCalls = { readonly id: number; readonly streamId: string; readonly call: scheduler.Call }

/** An operator's calls: `<master>/operator`. */
export type ToOperator = { readonly id: number; readonly call: master.Call }

export type Answer = { readonly id: number; readonly status: number }

/** An agent's link: `<master>/link`. The first message tells whether the master leads. */
export type ToLink = agentLink.AgentMessage
export type FromLink =
  | { readonly type: 'leading' }
  | { readonly type: 'standby' }
  | { readonly type: 'message'; readonly message: agentLink.MasterMessage }

/** An executor's subscription: `<agent>/executor`. */
export type ToExecutorStream = { readonly call: executor.Call }
export type FromExecutorStream =
  { readonly type: 'refused'; readonly status: number } | { readonly type: 'event'; readonly event: executor.Event }

/** Its other calls: `<agent>/executor-calls`. */
export type ToExecutorCalls = { readonly id: number; readonly call: executor.Call }

/** What drivers of schedulers (v0) ask for in their messages, in the words of the v1 API. */
import { decodeProtobuf } from '@thermosphere/protocol'
import type { mesos, scheduler, WireTypes } from '@thermosphere/protocol'

export type Asked =
  | { readonly type: 'subscribe'; readonly subscribe: scheduler.Call_Subscribe; readonly force: boolean }
  | { readonly type: 'call'; readonly call: scheduler.Call }
  | { readonly type: 'deactivate'; readonly frameworkId: string }
  /** The scheduler is told. */
  | { readonly type: 'refused'; readonly message: string }
  /** Nobody is told: it says nothing, or nothing that is known here. */
  | { readonly type: 'dropped'; readonly reason: string }

type Readers = { readonly [Name in keyof WireTypes]?: (message: WireTypes[Name]) => Asked }

const call = (asked: scheduler.Call): Asked => ({ type: 'call', call: asked })

const subscription = (info: mesos.FrameworkInfo, { force }: { readonly force: boolean }): Asked => ({
  type: 'subscribe',
  subscribe: { framework_info: info },
  force,
})

const hasId = (info: mesos.FrameworkInfo): boolean => (info.id?.value ?? '') !== ''

const readers = {
  'mesos.scheduler.Call': (asked) => {
    const { subscribe, ...rest } = asked
    if (asked.type !== 'SUBSCRIBE') return call(rest)
    if (!subscribe) return { type: 'dropped', reason: "Expecting 'subscribe' to be present" }
    const { force = false, ...own } = subscribe
    return { type: 'subscribe', subscribe: own, force }
  },
  'mesos.internal.RegisterFrameworkMessage': ({ framework }) =>
    hasId(framework)
      ? { type: 'refused', message: "Registering with 'id' already set" }
      : subscription(framework, { force: false }),
  'mesos.internal.ReregisterFrameworkMessage': ({ framework, failover }) =>
    hasId(framework)
      ? subscription(framework, { force: failover })
      : { type: 'refused', message: "Re-registering without an 'id'" },
  'mesos.internal.UnregisterFrameworkMessage': ({ framework_id }) => call({ framework_id, type: 'TEARDOWN' }),
  'mesos.internal.DeactivateFrameworkMessage': ({ framework_id }) => ({
    type: 'deactivate',
    frameworkId: framework_id.value,
  }),
  'mesos.internal.ResourceRequestMessage': ({ framework_id, requests }) =>
    call({ framework_id, type: 'REQUEST', request: { requests } }),
  'mesos.internal.LaunchTasksMessage': ({ framework_id, tasks = [], filters, offer_ids }) =>
    tasks.length === 0
      ? call({ framework_id, type: 'DECLINE', decline: { offer_ids, filters } })
      : call({
          framework_id,
          type: 'ACCEPT',
          accept: { offer_ids, filters, operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }] },
        }),
  'mesos.internal.ReviveOffersMessage': ({ framework_id }) => call({ framework_id, type: 'REVIVE' }),
  'mesos.internal.KillTaskMessage': ({ framework_id, task_id, kill_policy }) =>
    call({ framework_id, type: 'KILL', kill: { task_id, kill_policy } }),
  'mesos.internal.StatusUpdateAcknowledgementMessage': ({ framework_id, slave_id, task_id, uuid }) =>
    call({ framework_id, type: 'ACKNOWLEDGE', acknowledge: { agent_id: slave_id, task_id, uuid } }),
  'mesos.internal.ReconcileTasksMessage': ({ framework_id, statuses = [] }) => {
    const tasks = statuses.map(({ task_id, agent_id }) => ({ task_id, agent_id }))
    return call({ framework_id, type: 'RECONCILE', reconcile: { tasks } })
  },
  'mesos.internal.FrameworkToExecutorMessage': ({ framework_id, slave_id, executor_id, data }) =>
    call({ framework_id, type: 'MESSAGE', message: { agent_id: slave_id, executor_id, data } }),
} satisfies Readers

type MessageName = keyof typeof readers

const isKnown = (name: string): name is MessageName => Object.hasOwn(readers, name)

/** Throws WireError for a body that is not what its name says. */
export function readMessage(name: string, body: Uint8Array): Asked {
  return isKnown(name) ? readAs(name, body) : { type: 'dropped', reason: 'no scheduler sends this message' }
}

function readAs<Name extends MessageName>(name: Name, body: Uint8Array): Asked {
  // Sound: a reader takes the message of its name.
  const reader = readers[name] as (message: WireTypes[Name]) => Asked
  return reader(decodeProtobuf(name, body))
}

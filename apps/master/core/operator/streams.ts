import { Sight } from '../access/sight.ts'
import { armTimer, tellOperators } from '../emit.ts'
import { heartbeatIntervalMs } from '../scheduler/subscribe.ts'
import { refreshAgents } from '../answers/snapshot.ts'
import { snapshotState } from '../answers/v1.ts'
import type { Rest } from '../steps/rest.ts'
import type { Master, StreamId } from '../model.ts'

type Subscriber = { readonly streamId: StreamId; readonly principal?: string }

/** A snapshot first, then every change. One subscriber too many costs the oldest its stream. */
export function* onOperatorSubscribed(m: Master, { streamId, principal }: Subscriber): Rest {
  yield* refreshAgents(m)
  const sight = new Sight(m.config.acls, principal)
  if (m.operatorStreams.size === 0) armTimer(m, 'operator-heartbeat', m.now + heartbeatIntervalMs)
  m.operatorStreams.set(streamId, sight)
  const subscribed = { state: snapshotState(m, sight), heartbeatIntervalSeconds: heartbeatIntervalMs / 1000 }
  m.effects.push({ type: 'operator-snapshot', to: streamId, subscribed })
  m.effects.push({ type: 'operator-event', to: [streamId], event: { type: 'HEARTBEAT' } })
  if (m.operatorStreams.size <= m.config.maxOperatorSubscribers) return
  const [oldest] = m.operatorStreams.keys()
  if (oldest === undefined) return
  m.operatorStreams.delete(oldest)
  m.effects.push({ type: 'end-operator-stream', streamId: oldest })
}

export function beatOperators(m: Master): void {
  if (m.operatorStreams.size === 0) return
  tellOperators(m, { type: 'HEARTBEAT' })
  armTimer(m, 'operator-heartbeat', m.now + heartbeatIntervalMs)
}

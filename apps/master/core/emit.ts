import type { agentLink, master, mesos, scheduler } from '@thermosphere/protocol'
import type { Millis, StoreWrite } from '@thermosphere/effects'
import { shownEvent } from './access/shown-events.ts'
import type { DurableChange, Effect, Note, Reply } from './effects.ts'
import type { Agent, Framework, Master, RequestId, StreamId } from './model.ts'

/** Writes to the registry and comes back with `change` once that is durable: persist before you tell. */
export function persist(m: Master, writes: readonly StoreWrite[], change: DurableChange): void {
  const id = m.nextStoreId++
  m.effects.push({ type: 'store', id, writes }, { type: 'continue', after: id, input: { type: 'durable', ...change } })
}

/** A write that nothing waits for. */
export function persistQuietly(m: Master, writes: readonly StoreWrite[]): void {
  m.effects.push({ type: 'store', id: m.nextStoreId++, writes })
}

export function armTimer(m: Master, key: string, at: Millis): void {
  m.effects.push({ type: 'timer', key, at })
}

export function cancelTimer(m: Master, key: string): void {
  m.effects.push({ type: 'timer', key, at: undefined })
}

export function respond(m: Master, requestId: RequestId, reply: Reply): void {
  m.effects.push({ type: 'respond', requestId, reply })
}

type Told = Pick<Extract<Effect, { type: 'event' }>, 'event' | 'isBack'>

/** Sends an event to a framework's scheduler; dropped, not queued, while none is connected. */
export function tellScheduler(m: Master, framework: Framework, told: Told): void {
  if (framework.connection.state !== 'connected') return
  framework.counters.add('events')
  framework.counters.add(`events/${(told.event.type ?? 'unknown').toLowerCase()}`)
  m.effects.push({ type: 'event', streamId: framework.connection.streamId, ...told })
}

export const sendEvent = (m: Master, framework: Framework, event: scheduler.Event): void =>
  tellScheduler(m, framework, { event })

/** Sends a status that the master made up or passes on. */
export function sendStatus(m: Master, framework: Framework, status: mesos.TaskStatus): void {
  sendEvent(m, framework, { type: 'UPDATE', update: { status } })
}

export function tellAgent(m: Master, agent: Agent, message: agentLink.MasterMessage): void {
  if (agent.link !== undefined) m.effects.push({ type: 'link', linkId: agent.link, message })
}

/** Every subscriber hears what it may see. */
export function tellOperators(m: Master, event: master.Event): void {
  if (m.operatorStreams.size === 0) return
  if (m.config.acls === undefined) return void m.effects.push({ type: 'operator-event', to: 'all', event })
  const whole: StreamId[] = []
  for (const [streamId, sight] of m.operatorStreams) {
    const shown = shownEvent(m, sight, event)
    if (shown === event) whole.push(streamId)
    else if (shown) m.effects.push({ type: 'operator-event', to: [streamId], event: shown })
  }
  if (whole.length > 0) m.effects.push({ type: 'operator-event', to: whole, event })
}

export function note(m: Master, event: string, fields: Note['fields']): void {
  m.effects.push({ type: 'note', note: { event, fields } })
}

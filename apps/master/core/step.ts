import type { Millis } from '@thermosphere/effects'
import { assertNever } from '@thermosphere/effects'
import { onAgentDeactivated, onAgentDraining } from './agents/drain.ts'
import { onLinkClosed, onPingTimer, onRecoveryTimer, onReregisterTimer } from './agents/health.ts'
import { onAgentAdmitted } from './agents/register.ts'
import { collectRegistryGarbage } from './agents/registry-gc.ts'
import { onAgentGone, onAgentRemoved, onAgentUnreachable, onRecoveredAgentUnreachable } from './agents/removal.ts'
import { onAgentReadmitted } from './agents/reregister.ts'
import { onLinkMessage } from './agents/updates.ts'
import { armTimer } from './emit.ts'
import { disconnectFramework, removeFramework } from './frameworks.ts'
import { allocate, rescindOffer } from './offers.ts'
import { onOperatorCall } from './operator/calls.ts'
import { onMachinesDown, onMachinesUp, onScheduleDurable } from './operator/maintenance.ts'
import { beatOperators, onOperatorSubscribed } from './operator/streams.ts'
import { onQuotaDurable } from './operator/quota.ts'
import { onWeightsDurable } from './operator/weights.ts'
import { onSchedulerCall } from './scheduler/calls.ts'
import { makeInverseOffers } from './scheduler/inverse-offers.ts'
import { beat, onSubscribe } from './scheduler/subscribe.ts'
import type { DurableChange, Effect, Input } from './effects.ts'
import type { Master } from './model.ts'

/** One thing happens to the master; what it does about it comes back as plain data. */
export function step(m: Master, input: Input, now: Millis): Effect[] {
  m.effects = []
  m.nextStoreId = 1
  dispatch(m, input, now)
  if (m.allocator.isRunWanted) allocate(m, now, { batch: false })
  return m.effects
}

function dispatch(m: Master, input: Input, now: Millis): void {
  switch (input.type) {
    case 'started':
      return onStarted(m, now)
    case 'subscribe':
      return onSubscribe(m, input, now)
    case 'scheduler-call':
      return onSchedulerCall(m, input, now)
    case 'stream-closed':
      return onStreamClosed(m, input.streamId, now)
    case 'operator-call':
      return onOperatorCall(m, input.call, input.requestId, now)
    case 'operator-subscribed':
      return onOperatorSubscribed(m, input.streamId, now)
    case 'operator-stream-closed':
      return void m.operatorStreams.delete(input.streamId)
    case 'link-opened':
      return void m.links.set(input.linkId, { state: 'open', ip: input.ip })
    case 'link-message':
      return onLinkMessage(m, input.linkId, input.message, now)
    case 'link-closed':
      return onLinkClosed(m, input.linkId, now)
    case 'timer':
      return onTimer(m, input.key, now)
    case 'durable':
      return onDurable(m, input, now)
    default:
      return assertNever(input)
  }
}

function onStarted(m: Master, now: Millis): void {
  armTimer(m, 'allocation', now + m.config.allocationIntervalMs)
  armTimer(m, 'registry-gc', now + m.config.registryGcIntervalMs)
  if (m.recoveredAgents.size > 0) armTimer(m, 'recovery', now + m.config.agentReregisterTimeoutMs)
}

function onStreamClosed(m: Master, streamId: string, now: Millis): void {
  const frameworkId = m.streams.get(streamId)
  const framework = frameworkId === undefined ? undefined : m.frameworks.get(frameworkId)
  if (framework) disconnectFramework(m, framework, now)
}

function onTimer(m: Master, key: string, now: Millis): void {
  const slash = key.indexOf('/')
  const kind = slash < 0 ? key : key.slice(0, slash)
  const id = key.slice(slash + 1)
  switch (kind) {
    case 'allocation':
      return onAllocationTimer(m, now)
    case 'recovery':
      return onRecoveryTimer(m, now)
    case 'registry-gc':
      return collectRegistryGarbage(m, now)
    case 'operator-heartbeat':
      return beatOperators(m, now)
    case 'ping':
      return onPingTimer(m, id, now)
    case 'reregister':
      return onReregisterTimer(m, id, now)
    default:
      return onFrameworkTimer(m, kind, id, now)
  }
}

function onFrameworkTimer(m: Master, kind: string, id: string, now: Millis): void {
  const offer = kind === 'offer' ? m.offers.get(id) : undefined
  if (offer) return rescindOffer(m, offer, now)
  const framework = m.frameworks.get(id)
  if (!framework) return
  if (kind === 'heartbeat' && framework.connection.state === 'connected') beat(m, framework, now)
  if (kind === 'failover' && framework.connection.state === 'disconnected') removeFramework(m, framework, now)
}

function onAllocationTimer(m: Master, now: Millis): void {
  armTimer(m, 'allocation', now + m.config.allocationIntervalMs)
  allocate(m, now, { batch: true })
  makeInverseOffers(m, now)
}

function onDurable(m: Master, done: DurableChange, now: Millis): void {
  switch (done.change) {
    case 'agent-admitted':
      return onAgentAdmitted(m, done.linkId, done.register, done.agentId, now)
    case 'agent-readmitted':
      return onAgentReadmitted(m, done, now)
    case 'agent-unreachable':
      return onAgentUnreachable(m, done.agentId, done.message, now)
    case 'recovered-agent-unreachable':
      return onRecoveredAgentUnreachable(m, done.agentId, now)
    case 'agent-gone':
      return onAgentGone(m, done.agentId, done.requestId, now)
    case 'agent-removed':
      return onAgentRemoved(m, done.agentId, done.cause, now)
    case 'agent-draining':
      return onAgentDraining(m, done.agentId, done.drain, done.requestId, now)
    case 'agent-drained':
      return
    case 'agent-deactivated':
      return onAgentDeactivated(m, done.agentId, done.deactivated, done.requestId, now)
    default:
      return onSettingDurable(m, done, now)
  }
}

type SettingChange = Extract<
  DurableChange,
  { change: 'quota' | 'weights' | 'schedule' | 'machines-down' | 'machines-up' }
>

function onSettingDurable(m: Master, done: SettingChange, now: Millis): void {
  switch (done.change) {
    case 'quota':
      return onQuotaDurable(m, done.configs, done.requestId, now)
    case 'weights':
      return onWeightsDurable(m, done.weights, done.requestId, now)
    case 'schedule':
      return onScheduleDurable(m, done.schedule, done.requestId, now)
    case 'machines-down':
      return onMachinesDown(m, done.machines, done.requestId, now)
    case 'machines-up':
      return onMachinesUp(m, done.machines, done.requestId)
    default:
      return assertNever(done)
  }
}

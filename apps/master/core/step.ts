import type { Millis } from '@thermosphere/effects'
import { assertNever } from '@thermosphere/effects'
import { onAgentDeactivated, onAgentDrained, onAgentDraining } from './agents/drain.ts'
import { onLinkClosed, onPingTimer, onReregisterTimer } from './agents/health.ts'
import { onAgentAdmitted, resumeAllocation } from './agents/register.ts'
import { collectRegistryGarbage } from './agents/registry-gc.ts'
import { onAgentGone, onAgentRemoved, onAgentUnreachable, onRecoveredAgentUnreachable } from './agents/removal.ts'
import { onRecoveryTimer, onRemovalTimer } from './agents/removal-limits.ts'
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
import { isEndHeldBack, releaseThrottled } from './rate-limits/throttle.ts'
import { onCallReleased, onSchedulerCall } from './scheduler/calls.ts'
import { onDeactivateFramework } from './scheduler/driver.ts'
import { makeInverseOffers } from './scheduler/inverse-offers.ts'
import { leaveForRest, workOff } from './steps/rest.ts'
import type { Rest } from './steps/rest.ts'
import { beat, onSubscribe } from './scheduler/subscribe.ts'
import type { DurableChange, Effect, Input } from './effects.ts'
import type { Master } from './model.ts'

/** One thing happens to the master; what it does about it comes back as plain data. */
export function step(m: Master, input: Input, now: Millis): Effect[] {
  m.now = now
  m.effects = []
  m.nextStoreId = 1
  dispatch(m, input)
  if (!workOff(m)) m.effects.push({ type: 'cut' })
  else if (m.allocator.isRunWanted && !m.allocator.isInRun) allocate(m, { batch: false })
  return m.effects
}

function dispatch(m: Master, input: Input): void {
  switch (input.type) {
    case 'started':
      return onStarted(m)
    case 'subscribe':
      return onSubscribe(m, input)
    case 'scheduler-call':
      return onSchedulerCall(m, input)
    case 'deactivate-framework':
      return onDeactivateFramework(m, input)
    case 'stream-closed':
      return onStreamClosed(m, input.streamId)
    case 'operator-call':
      return onOperatorCall(m, input)
    case 'operator-subscribed':
      return leaveForRest(m, onOperatorSubscribed(m, input))
    case 'operator-stream-closed':
      return void m.operatorStreams.delete(input.streamId)
    case 'link-opened':
      return void m.links.set(input.linkId, { state: 'open', ip: input.ip })
    case 'link-message':
      return onLinkMessage(m, input.linkId, input.message)
    case 'link-closed':
      return onLinkClosed(m, input.linkId)
    case 'timer':
      return onTimer(m, input.key)
    case 'whitelist':
      return m.allocator.setWhitelist(input.hostnames)
    case 'durable':
      return onDurable(m, input)
    case 'rest':
      return
    default:
      return assertNever(input)
  }
}

function onStarted(m: Master): void {
  armTimer(m, 'allocation', m.now + m.config.allocationIntervalMs)
  armTimer(m, 'registry-gc', m.now + m.config.registryGcIntervalMs)
  if (m.agentsAwaited !== undefined) armTimer(m, 'allocator-recovery', m.now + m.config.allocatorRecoveryTimeoutMs)
  if (m.recoveredAgents.size > 0) armTimer(m, 'recovery', m.now + m.config.agentReregisterTimeoutMs)
}

function onStreamClosed(m: Master, streamId: string): void {
  const frameworkId = m.streams.get(streamId)
  const framework = frameworkId === undefined ? undefined : m.frameworks.get(frameworkId)
  if (framework && !isEndHeldBack(m, framework, streamId)) disconnectFramework(m, framework)
}

function* releaseCalls(m: Master, name: string): Rest {
  for (const throttled of releaseThrottled(m, name)) {
    if (throttled.type === 'call') onCallReleased(m, throttled.request)
    else disconnectStream(m, throttled.streamId)
    // What it leaves is done before the next.
    yield
  }
}

function disconnectStream(m: Master, streamId: string): void {
  const framework = m.frameworks.get(m.streams.get(streamId) ?? '')
  if (framework) disconnectFramework(m, framework)
}

function onTimer(m: Master, key: string): void {
  const slash = key.indexOf('/')
  const kind = slash < 0 ? key : key.slice(0, slash)
  const id = key.slice(slash + 1)
  switch (kind) {
    case 'allocation':
      return onAllocationTimer(m)
    case 'allocation-rest':
      return allocate(m, { batch: false })
    case 'recovery':
      return leaveForRest(m, onRecoveryTimer(m))
    case 'allocator-recovery':
      return resumeAllocation(m, { anyway: true })
    case 'registry-gc':
      return leaveForRest(m, collectRegistryGarbage(m))
    case 'operator-heartbeat':
      return beatOperators(m)
    case 'rate-limit':
      return leaveForRest(m, releaseCalls(m, id))
    case 'ping':
      return onPingTimer(m, id)
    case 'reregister':
      return onReregisterTimer(m, id)
    case 'removal':
      return onRemovalTimer(m, id)
    default:
      return onFrameworkTimer(m, kind, id)
  }
}

function onFrameworkTimer(m: Master, kind: string, id: string): void {
  const offer = kind === 'offer' ? m.offers.get(id) : undefined
  if (offer) return rescindOffer(m, offer)
  const framework = m.frameworks.get(id)
  if (!framework) return
  if (kind === 'heartbeat' && framework.connection.state === 'connected') beat(m, framework)
  if (kind === 'failover' && framework.connection.state === 'disconnected')
    leaveForRest(m, removeFramework(m, framework))
}

function onAllocationTimer(m: Master): void {
  armTimer(m, 'allocation', m.now + m.config.allocationIntervalMs)
  allocate(m, { batch: true })
  leaveForRest(m, makeInverseOffers(m))
}

function onDurable(m: Master, done: DurableChange): void {
  switch (done.change) {
    case 'agent-admitted':
      return onAgentAdmitted(m, done.linkId, done.register, done.agentId)
    case 'agent-readmitted':
      return leaveForRest(m, onAgentReadmitted(m, done))
    case 'agent-unreachable':
      return leaveForRest(m, onAgentUnreachable(m, done.agentId, done.message))
    case 'recovered-agent-unreachable':
      return onRecoveredAgentUnreachable(m, done.agentId)
    case 'agent-gone':
      return leaveForRest(m, onAgentGone(m, done.agentId, done.requestId))
    case 'agent-removed':
      return leaveForRest(m, onAgentRemoved(m, done.agentId, done.cause))
    case 'agent-draining':
      return onAgentDraining(m, done)
    case 'agent-drained':
      return onAgentDrained(m, done.agentId, done.drain)
    case 'agent-deactivated':
      return onAgentDeactivated(m, done.agentId, done.deactivated, done.requestId)
    default:
      return onSettingDurable(m, done)
  }
}

type SettingChange = Extract<
  DurableChange,
  { change: 'quota' | 'weights' | 'schedule' | 'machines-down' | 'machines-up' }
>

function onSettingDurable(m: Master, done: SettingChange): void {
  switch (done.change) {
    case 'quota':
      return leaveForRest(m, onQuotaDurable(m, done.configs, done.requestId))
    case 'weights':
      return leaveForRest(m, onWeightsDurable(m, done.weights, done.requestId))
    case 'schedule':
      return leaveForRest(m, onScheduleDurable(m, done.schedule, done.requestId))
    case 'machines-down':
      return leaveForRest(m, onMachinesDown(m, done.machines, done.requestId))
    case 'machines-up':
      return onMachinesUp(m, done.machines, done.requestId)
    default:
      return assertNever(done)
  }
}

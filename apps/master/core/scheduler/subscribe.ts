import type { mesos, scheduler } from '@thermosphere/protocol'
import { rolesRefusal } from '../access/approvals.ts'
import { frameworkSpec } from '../allocation-books.ts'
import { armTimer, cancelTimer, note, respond, sendEvent, tellAgent, tellOperators, tellScheduler } from '../emit.ts'
import { addFramework, capabilitiesOf, createFramework, rolesOf } from '../frameworks.ts'
import { discardOffers, dropInverseOffer, rescindOffer } from '../offers.ts'
import {
  frameworkInfoProblem,
  frameworkUpdateProblem,
  roleOptionsProblem,
  subscribeProblem,
} from '../validation/framework.ts'
import { showFramework } from '../views/shown.ts'
import { frameworkEvent } from '../views/v1-entities.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Rest } from '../steps/rest.ts'
import { admitDriver } from './driver.ts'
import type { Verdict } from './driver.ts'
import type { Driver } from '../effects.ts'
import type { Framework, Master, RequestId, StreamId } from '../model.ts'

/** Fixed in the protocol; schedulers count missed ones. */
export const heartbeatIntervalMs = 15_000

export type Subscription = {
  readonly streamId: StreamId
  readonly subscribe: scheduler.Call_Subscribe
  readonly principal?: string
  readonly driver?: Driver
}

/** A scheduler opened a stream: new, back, or taking over from another one. */
export function onSubscribe(m: Master, subscription: Subscription): void {
  const { streamId, subscribe, principal, driver } = subscription
  const asked = subscribe.framework_info
  const filled = principal !== undefined && asked.principal === undefined
  const info = filled ? { ...asked, principal } : asked
  const problem = subscriptionProblem(m, info, subscribe)
  if (problem !== undefined) return refuse(m, streamId, problem)
  const id = info.id?.value
  const known = id ? m.frameworks.get(id) : undefined
  m.counters.add(id ? 'master/messages_reregister_framework' : 'master/messages_register_framework')
  const verdict = driver === undefined ? 'admitted' : admitDriver(m, driver, { id, known })
  if (verdict !== 'admitted') return turnAway(m, streamId, verdict)
  if (known) leaveForRest(m, resubscribe(m, known, info, subscription))
  else subscribeNew(m, info, subscription)
}

function subscriptionProblem(
  m: Master,
  info: mesos.FrameworkInfo,
  subscribe: scheduler.Call_Subscribe,
): string | undefined {
  const problem = subscribeProblem(m, info) ?? rolesRefusal(m, info)
  if (problem !== undefined) return problem
  const known = info.id?.value ? m.frameworks.get(info.id.value) : undefined
  if (known && (known.info.principal ?? '') !== (info.principal ?? ''))
    return "Changing framework's principal is not allowed."
  return roleOptionsProblem(info, subscribe.suppressed_roles ?? [], subscribe.offer_constraints)
}

/** Refusals are told inside the stream, which then ends. */
function refuse(m: Master, streamId: StreamId, message: string): void {
  m.effects.push(
    { type: 'event', streamId, event: { type: 'ERROR', error: { message } } },
    { type: 'end-stream', streamId },
  )
  note(m, 'framework.refused', { reason: message })
}

/** A driver whose subscription makes no framework and takes none over. */
function turnAway(m: Master, streamId: StreamId, verdict: Exclude<Verdict, 'admitted'>): void {
  if (verdict === 'failed over') return refuse(m, streamId, 'Framework failed over')
  if (verdict !== 'dropped') welcome(m, verdict.retriedBy)
  m.effects.push({ type: 'end-stream', streamId })
}

function subscribeNew(m: Master, info: mesos.FrameworkInfo, subscription: Subscription): void {
  const { subscribe } = subscription
  const id = info.id?.value || `${m.info.id}-${String(m.nextFramework++).padStart(4, '0')}`
  const framework = createFramework(m, id, info)
  applyRoleOptions(framework, subscribe.suppressed_roles, subscribe.offer_constraints)
  framework.active = true
  addFramework(m, framework)
  connect(m, framework, subscription)
  const added = { framework: frameworkEvent(showFramework(framework)) }
  tellOperators(m, { type: 'FRAMEWORK_ADDED', framework_added: added })
  note(m, 'framework.subscribed', { frameworkId: id, name: info.name })
}

function* resubscribe(m: Master, framework: Framework, info: mesos.FrameworkInfo, subscription: Subscription): Rest {
  const { subscribe, driver } = subscription
  const isBack = driver !== undefined && !driver.force && framework.pid === driver.pid
  takeOver(m, framework, driver)
  yield* discardOffers(m, framework.offers)
  for (const offer of [...framework.inverseOffers]) dropInverseOffer(m, offer)
  cancelTimer(m, `failover/${framework.id}`)
  // The first scheduler's user and checkpointing stay: tasks run under them.
  updateInfo(m, framework, { ...info, user: framework.info.user, checkpoint: framework.info.checkpoint })
  applyRoleOptions(framework, subscribe.suppressed_roles, subscribe.offer_constraints)
  framework.active = true
  framework.reregisteredAt = m.now
  m.allocator.updateFramework(frameworkSpec(framework))
  m.allocator.setFrameworkActive(framework.id, true)
  connect(m, framework, subscription, { isBack })
  yield* announceUpdate(m, framework)
  note(m, 'framework.resubscribed', { frameworkId: framework.id, name: info.name })
}

/** An older stream of the same framework hears that it lost, unless the same process has opened it. */
function takeOver(m: Master, framework: Framework, driver: Driver | undefined): void {
  if (framework.connection.state !== 'connected') return
  const { streamId } = framework.connection
  if (driver === undefined || driver.pid !== framework.pid)
    sendEvent(m, framework, { type: 'ERROR', error: { message: 'Framework failed over' } })
  m.effects.push({ type: 'end-stream', streamId })
  m.streams.delete(streamId)
}

function connect(m: Master, framework: Framework, subscription: Subscription, { isBack = false } = {}): void {
  const { streamId, driver } = subscription
  framework.connection = { state: 'connected', streamId, since: m.now }
  framework.pid = driver?.pid
  m.streams.set(streamId, framework.id)
  framework.counters.add('calls')
  framework.counters.add('calls/subscribe')
  welcome(m, framework, { isBack })
  if (driver) cancelTimer(m, `heartbeat/${framework.id}`)
  else beat(m, framework)
}

function welcome(m: Master, framework: Framework, { isBack = false } = {}): void {
  const subscribed = {
    framework_id: { value: framework.id },
    heartbeat_interval_seconds: heartbeatIntervalMs / 1000,
    master_info: m.info,
  }
  tellScheduler(m, framework, { event: { type: 'SUBSCRIBED', subscribed }, ...(isBack && { isBack }) })
}

/** A heartbeat now and a timer for the next. */
export function beat(m: Master, framework: Framework): void {
  sendEvent(m, framework, { type: 'HEARTBEAT' })
  armTimer(m, `heartbeat/${framework.id}`, m.now + heartbeatIntervalMs)
}

function applyRoleOptions(
  framework: Framework,
  suppressed: readonly string[] | undefined,
  constraints: scheduler.OfferConstraints | undefined,
): void {
  framework.suppressed = new Set(suppressed)
  framework.offerConstraints = constraints
}

function updateInfo(m: Master, framework: Framework, info: mesos.FrameworkInfo): void {
  framework.info = { ...info, id: { value: framework.id } }
  framework.roles = rolesOf(info)
  framework.capabilities = capabilitiesOf(info)
  const roles = new Set(framework.roles)
  for (const offer of [...framework.offers]) if (!roles.has(offer.role)) rescindOffer(m, offer)
}

/** All agents learn the new description; those that run the framework re-send its pending updates at once. */
function* announceUpdate(m: Master, framework: Framework): Rest {
  const updated = { framework: frameworkEvent(showFramework(framework)) }
  tellOperators(m, { type: 'FRAMEWORK_UPDATED', framework_updated: updated })
  for (const agent of m.agents.values()) {
    tellAgent(m, agent, { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: framework.info } })
    yield
  }
}

/** UPDATE_FRAMEWORK: as SUBSCRIBE without a new stream, and refusals are statuses. */
export function onUpdateFramework(
  m: Master,
  framework: Framework,
  update: scheduler.Call_UpdateFramework,
  requestId: RequestId,
): void {
  const refusal = updateProblem(m, framework, update)
  if (refusal !== undefined) return respond(m, requestId, { status: 400, text: refusal })
  const unauthorized = rolesRefusal(m, update.framework_info)
  if (unauthorized !== undefined) return respond(m, requestId, { status: 403, text: unauthorized })
  updateInfo(m, framework, update.framework_info)
  applyRoleOptions(framework, update.suppressed_roles, update.offer_constraints)
  m.allocator.updateFramework(frameworkSpec(framework))
  leaveForRest(m, announceUpdate(m, framework))
  respond(m, requestId, { status: 200 })
}

function updateProblem(m: Master, framework: Framework, update: scheduler.Call_UpdateFramework): string | undefined {
  const info = update.framework_info
  const invalid = frameworkInfoProblem(m, info)
  if (invalid !== undefined) return `Supplied FrameworkInfo is not valid: ${invalid}`
  const change = frameworkUpdateProblem(framework, info)
  if (change !== undefined) return `FrameworkInfo update is not valid: ${change}`
  const options = roleOptionsProblem(info, update.suppressed_roles ?? [], update.offer_constraints)
  return options && `'UpdateFramework' call is not valid: ${options}`
}

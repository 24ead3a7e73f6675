/** Offers: each is matched at once, accepted with all that fits or declined. */
import { OfferPool } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { App } from '../app/index.ts'
import { taskIdOf } from '../ids/index.ts'
import type { Agent, Instance } from '../instance/index.ts'
import { tellInstanceChanged } from '../lifecycle/index.ts'
import type { StepContext } from '../state/index.ts'
import { heldOffersMax } from '../limits.ts'
import { advanceBackoff, delayedUntil } from '../backoff.ts'
import { demandOf, matchContextOf } from './match.ts'
import { noteUnused, noteUsed } from './offer-stats.ts'
import { buildTaskInfo } from './task-info.ts'

export const tokensTimer = 'launch-tokens'

export function onOffers(ctx: StepContext, offers: readonly mesos.Offer[]): void {
  for (const offer of offers) processOffer(ctx, offer)
}

function processOffer(ctx: StepContext, offer: mesos.Offer): void {
  const tasks = launchOn(ctx, offer)
  if (tasks.length > 0) accept(ctx, offer, tasks)
  else if (!hold(ctx, offer)) decline(ctx, offer)
}

/** Keeps an offer that only lacks launch tokens; those come back with the next tasks that run. */
function hold(ctx: StepContext, offer: mesos.Offer): boolean {
  const { heldOffers, instances } = ctx.state
  if (tokensLeft(ctx) > 0 || instances.waiting().size === 0 || heldOffers.size >= heldOffersMax) return false
  heldOffers.set(offer.id.value, offer)
  return true
}

/** Offers that were held are looked at again as soon as there are tokens, or nothing waits any more. */
export function processHeldOffers(ctx: StepContext): void {
  const { heldOffers, instances } = ctx.state
  for (const [id, offer] of heldOffers) {
    if (tokensLeft(ctx) === 0 && instances.waiting().size > 0) return
    heldOffers.delete(id)
    processOffer(ctx, offer)
  }
}

function accept(ctx: StepContext, offer: mesos.Offer, tasks: mesos.TaskInfo[]): void {
  ctx.call({
    type: 'ACCEPT',
    accept: {
      offer_ids: [offer.id],
      operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }],
      filters: { refuse_seconds: 0 },
    },
  })
}

/** An offer that only came while the launch tokens were used up should come back soon. */
function decline(ctx: StepContext, offer: mesos.Offer): void {
  const isExhausted = tokensLeft(ctx) === 0
  const seconds = isExhausted ? 0 : ctx.state.config.declineOfferDurationMs / 1000
  ctx.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: seconds } } })
}

function tokensLeft(ctx: StepContext): number {
  return Math.max(0, ctx.state.config.launchTokens - ctx.state.launching.size)
}

/** Every refresh forgives launches that have not got anywhere. */
export function onTokensTimer(ctx: StepContext): void {
  ctx.state.launching.clear()
  ctx.timer(tokensTimer, ctx.now + ctx.state.config.launchTokenRefreshMs)
}

function candidates(ctx: StepContext): App[] {
  const { state } = ctx
  const apps = [...state.instances.waiting().keys()].flatMap((id) => state.root.apps.get(id) ?? [])
  const ready = apps.filter(({ id }) => delayedUntil(state, id, ctx.now) === undefined)
  return state.random.shuffle(ready)
}

/** Launches what fits, in turns; an app takes part until it is refused or has nothing left to launch. */
function launchOn(ctx: StepContext, offer: mesos.Offer): mesos.TaskInfo[] {
  const tasks: mesos.TaskInfo[] = []
  const here = { offer, pool: new OfferPool(offer) }
  const launched = new Set<App>()
  const queue = tokensLeft(ctx) > 0 ? candidates(ctx) : []
  for (const app of queue) {
    if (tasks.length >= ctx.state.config.instancesPerOfferMax || tokensLeft(ctx) === 0) break
    const task = tryLaunch(ctx, app, { ...here, isFirst: !launched.has(app) })
    if (task === undefined) continue
    tasks.push(task)
    launched.add(app)
    queue.push(app)
  }
  return tasks
}

type Here = { readonly offer: mesos.Offer; readonly pool: OfferPool; readonly isFirst: boolean }

function tryLaunch(ctx: StepContext, app: App, { offer, pool, isFirst }: Here): mesos.TaskInfo | undefined {
  const [instance] = ctx.state.instances.waiting().get(app.id) ?? []
  if (instance === undefined) return undefined
  const result = pool.match(demandOf(ctx.state, app, instance), matchContextOf(ctx.state, app, ctx.now))
  if (result.kind === 'refused') {
    // What an app itself left over of an offer is no reason why it does not run.
    if (isFirst) noteUnused(ctx, app.id, { offer, refusals: result.reasons })
    return undefined
  }
  noteUsed(ctx, app.id)
  const hostPorts = result.hostPorts.map((port) => port ?? null)
  const taskId = taskIdOf(instance.id, instance.incarnation)
  const task = buildTaskInfo(ctx.state, { app, taskId, offer, resources: result.resources, hostPorts })
  provision(ctx, instance, { app, taskId, agent: agentOf(offer), hostPorts })
  return task
}

type Launch = {
  readonly app: App
  readonly taskId: string
  readonly agent: Agent
  readonly hostPorts: readonly (number | null)[]
}

function agentOf(offer: mesos.Offer): Agent {
  const domain = offer.domain?.fault_domain
  return {
    id: offer.agent_id.value,
    host: offer.hostname,
    ...(domain === undefined ? {} : { region: domain.region.name, zone: domain.zone.name }),
    attributes: [...(offer.attributes ?? [])],
  }
}

function provision(ctx: StepContext, instance: Instance, { app, taskId, agent, hostPorts }: Launch): void {
  instance.version = app.version
  ctx.state.launching.add(instance.id)
  ctx.state.instances.setState(instance, {
    condition: 'Provisioned',
    since: ctx.now,
    agent,
    task: { id: taskId, stagedAt: ctx.now, ports: [...hostPorts], ipAddresses: [] },
  })
  ctx.touch(instance)
  tellInstanceChanged(ctx, instance, 'Provisioned')
  advanceBackoff(ctx, app.id)
}

/** What a running deployment waits for, in words: the answer to "why is it not done?". */
import { refusalReasons } from '@thermosphere/offer-engine'
import type { App } from '../app/index.ts'
import type { Action, Deployment } from '../deployment/index.ts'
import { isHealthy, isReady } from '../health/index.ts'
import { isPlaced, isRunning } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { delayedUntil } from '../launch/index.ts'
import { isCurrent } from '../lifecycle/index.ts'
import type { MarathonState } from '../state/index.ts'
import { formatTimestamp } from '../text/index.ts'
import { deploymentView } from './deployment-view.ts'

type WaitingReason =
  'OFFERS' | 'BACKOFF' | 'TASK_START' | 'HEALTH_CHECK' | 'READINESS_CHECK' | 'OLD_INSTANCES' | 'TASK_END'

export type Waiting = {
  readonly app: string
  readonly reason: WaitingReason
  readonly message: string
  readonly instances: readonly string[]
}

/** A deployment with what it waits for; not part of Marathon's list, whose members are fixed. */
export function deploymentDetail(state: MarathonState, deployment: Deployment, now: number) {
  const actions = (deployment.steps[deployment.step] ?? []).filter(({ app }) => !deployment.done.has(app))
  return {
    ...deploymentView(state, deployment),
    waitingFor: actions.flatMap((action) => waitingOf(state, action, now)),
  }
}

function entry(app: string, reason: WaitingReason, at: { message: string; instances: readonly Instance[] }): Waiting[] {
  const { message, instances } = at
  return instances.length === 0 ? [] : [{ app, reason, message, instances: instances.map(({ id }) => id) }]
}

function waitingOf(state: MarathonState, { app: id }: Action, now: number): Waiting[] {
  const app = state.root.apps.get(id)
  const all = state.instances.of(id)
  const wanted = all.filter(({ goal }) => goal === 'Running')
  const ending = all.filter(({ goal }) => goal !== 'Running')
  const ends = entry(id, 'TASK_END', { message: 'tasks that were told to end', instances: ending })
  if (app === undefined) return ends
  const fresh = wanted.filter((instance) => isCurrent(app, instance))
  const old = wanted.filter((instance) => !isCurrent(app, instance))
  return [
    ...waitingForOffers(state, app, { instances: fresh.filter((one) => !isPlaced(one.state)), now }),
    ...waitingForTasks(
      state,
      app,
      fresh.filter((one) => isPlaced(one.state)),
    ),
    ...entry(id, 'OLD_INSTANCES', { message: 'instances of an older configuration still run', instances: old }),
    ...ends,
  ]
}

function waitingForTasks(state: MarathonState, app: App, placed: readonly Instance[]): Waiting[] {
  const running = placed.filter(isRunning)
  const healthy = running.filter((instance) => isHealthy(state, instance))
  return [
    ...entry(app.id, 'TASK_START', {
      message: 'tasks that were launched and do not run yet',
      instances: placed.filter((instance) => !isRunning(instance)),
    }),
    ...entry(app.id, 'HEALTH_CHECK', {
      message: 'tasks that run and are not healthy',
      instances: running.filter((instance) => !isHealthy(state, instance)),
    }),
    ...entry(app.id, 'READINESS_CHECK', {
      message: 'tasks that are not ready',
      instances: healthy.filter((instance) => !isReady(state, app, instance)),
    }),
  ]
}

type Scheduled = { readonly instances: readonly Instance[]; readonly now: number }

function waitingForOffers(state: MarathonState, app: App, { instances, now }: Scheduled): Waiting[] {
  const until = delayedUntil(state, app.id, now)
  if (until !== undefined) {
    const message = `launches are delayed until ${formatTimestamp(until)} because tasks ended`
    return entry(app.id, 'BACKOFF', { message, instances })
  }
  const last = [...(state.offerStats.get(app.id)?.last.values() ?? [])]
  const refusals = last.flatMap((offer) => offer.refusals)
  const main = refusalReasons.find((reason) => refusals.some((refusal) => refusal.reason === reason))
  const example = refusals.find(({ reason }) => reason === main)
  const message =
    example === undefined
      ? 'no offer has come yet'
      : `none of the last ${last.length} offers fitted: ${example.reason}, ` +
        `needed ${example.needed}, offered ${example.offered}`
  return entry(app.id, 'OFFERS', { message, instances })
}

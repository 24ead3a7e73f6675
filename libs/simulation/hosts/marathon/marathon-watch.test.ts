import { createRandom } from '@thermosphere/effects'
import { restoreState } from '@thermosphere/marathon/state'
import { step } from '@thermosphere/marathon-core'
import type { Command, MarathonState } from '@thermosphere/marathon-core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { marathonConfig } from './marathon-config.ts'
import { MarathonWatch } from './marathon-watch.ts'

function put(state: MarathonState, { cmd, now }: { readonly cmd: string; readonly now: number }): void {
  const upgradeStrategy = { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 }
  const healthChecks = [{ protocol: 'TCP', gracePeriodSeconds: 10, intervalSeconds: 5, timeoutSeconds: 5 }]
  const body = { cmd, instances: 2, upgradeStrategy, healthChecks }
  const audit = { clientIp: '127.0.0.1', uri: '/v2/apps' }
  const command: Command = { type: 'update-app', id: '/web', body, force: true, partial: false, mayCreate: true, audit }
  step(state, { type: 'command', requestId: now, command }, now)
}

/** Has two tasks that run and answer; each leader made like this has the same. */
function loaded(watch: MarathonWatch): MarathonState {
  const state = restoreState([], { config: marathonConfig, random: createRandom(1) })
  put(state, { cmd: 'old', now: 1_000 })
  const agent = { id: 'agent', host: 'agent', attributes: [] }
  for (const instance of state.instances.of('/web')) {
    const id = `${instance.id}._app.1`
    const task = { id, stagedAt: 1_000, mesosState: 'TASK_RUNNING', ports: [], ipAddresses: [] }
    state.instances.setState(instance, { condition: 'Running', since: 1_000, activeSince: 1_000, agent, task })
    state.health.set(instance.id, [{ alive: true, consecutiveFailures: 0 }])
  }
  watch.onTerm(state)
  for (const taskId of tasksOf(state)) watch.onProbed(state, { taskId, isAlive: true })
  return state
}

function tasksOf(state: MarathonState): string[] {
  return state.instances.of('/web').map(({ id }) => `${id}._app.1`)
}

function watched() {
  const reports: string[] = []
  const watch = new MarathonWatch((invariant) => void reports.push(invariant))
  return { watch, reports }
}

const failed = (id: string) => ({ task_id: { value: id }, state: 'TASK_FAILED' as const })

/** A rolling restart ends one of the two at once. `meanwhile` is what becomes of the other, before that is judged. */
function roll(watch: MarathonWatch, leader: MarathonState, meanwhile: (left: string) => void): void {
  const before = watch.before(leader)
  put(leader, { cmd: 'new', now: 2_000 })
  const placed = leader.instances.of('/web').filter(({ state }) => state.condition === 'Running')
  const [left, ...others] = placed.filter(({ goal }) => goal === 'Running')
  assert.ok(placed.length === 2 && left !== undefined && others.length === 0)
  meanwhile(`${left.id}._app.1`)
  watch.after(leader, before)
}

test('a leader may rely on a task whose end only another leader was told', () => {
  const { watch, reports } = watched()
  const other = loaded(watch)
  roll(watch, loaded(watch), (left) => watch.onStatus(other, failed(left)))
  assert.deepEqual(reports, [])
})

test('a leader may rely on a task that only another leader finds sick', () => {
  const { watch, reports } = watched()
  const other = loaded(watch)
  roll(watch, loaded(watch), (left) => watch.onProbed(other, { taskId: left, isAlive: false }))
  assert.deepEqual(reports, [])
})

test('a leader must not rely on a task whose end it was told itself', () => {
  const { watch, reports } = watched()
  const leader = loaded(watch)
  roll(watch, leader, (left) => watch.onStatus(leader, failed(left)))
  assert.deepEqual(reports, ['marathon-healthy-minimum'])
})

test('a leader must not rely on a task that it finds sick', () => {
  const { watch, reports } = watched()
  const leader = loaded(watch)
  roll(watch, leader, (left) => watch.onProbed(leader, { taskId: left, isAlive: false }))
  assert.deepEqual(reports, ['marathon-healthy-minimum'])
})

test('a refusal must name a deployment that is or was in the store', () => {
  const { watch, reports } = watched()
  const refusal = { status: 409, body: { message: 'locked', deployments: [{ id: 'd' }] } }
  watch.onAnswer({ status: 200, body: { deploymentId: 'nothing to do' } })
  watch.onApplied([{ type: 'put', key: 'marathon/deployment/d', value: '{}' }])
  watch.onAnswer(refusal)
  watch.onApplied([{ type: 'delete', key: 'marathon/deployment/d' }])
  watch.onAnswer(refusal)
  assert.deepEqual(reports, [])
  watch.onAnswer({ ...refusal, body: { ...refusal.body, deployments: [{ id: 'd' }, { id: 'e' }] } })
  assert.deepEqual(reports, ['refusals-name-what-is-stored'])
})

import { createState, step } from '@thermosphere/chronos-core'
import type { ChronosState, Run } from '@thermosphere/chronos-core'
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chronosConfig } from './chronos-config.ts'
import { ChronosWatch } from './chronos-watch.ts'

const now = Temporal.Instant.from('2026-01-01T00:00:00Z').epochMilliseconds
const parent = { name: 'tick', command: 'true', schedule: 'R/2026-01-01T00:00:00Z/PT1M', retries: 2 }
const child = { name: 'child', command: 'true', parents: ['tick'], retries: 2 }

function put(state: ChronosState, document: typeof parent | typeof child): void {
  const endpoint = 'parents' in document ? 'dependency' : 'iso8601'
  step(state, { type: 'command', id: document.name, command: { type: 'put-job', document, endpoint } }, now)
}

function runOf(job: string, cause: Run['cause']): Run {
  const taskId = `ct:${now}:0:${job}:`
  const times = { dueAt: now, queuedAt: now, launchedAt: now, expiresAt: undefined }
  const tries = { attempt: 0, retryCount: 0, arguments: [], highPriority: false }
  return { id: `run-of-${job}`, job, cause, taskId, state: 'launching', ...times, ...tries }
}

function watched() {
  const reports: string[] = []
  const watch = new ChronosWatch((invariant) => reports.push(invariant))
  const state = createState(chronosConfig, createRandom(1))
  for (const document of [parent, child]) put(state, document)
  const [tick, ofChild] = [runOf('tick', 'schedule'), runOf('child', 'parent')]
  const launch = (run: Run): void => {
    state.runs.put(run)
    const task_infos = [{ name: run.job, task_id: { value: run.taskId }, agent_id: { value: 'agent' } }]
    const accept = { offer_ids: [], operations: [{ type: 'LAUNCH' as const, launch: { task_infos } }] }
    watch.onCall(state, { type: 'ACCEPT', accept }, { now, stored: () => '{"state":"launching"}' })
  }
  const tell = (told: mesos.TaskState, reason?: mesos.TaskStatus_Reason): void =>
    watch.onStatus({ task_id: { value: tick.taskId }, state: told, ...(reason !== undefined && { reason }) })
  return { reports, tell, launchParent: () => launch(tick), launchChild: () => launch(ofChild) }
}

test('a child runs after its parent, also when an answer about a launch before was late', () => {
  const { reports, tell, launchParent, launchChild } = watched()
  launchParent()
  tell('TASK_DROPPED', 'REASON_INVALID_OFFERS')
  launchParent()
  tell('TASK_GONE', 'REASON_RECONCILIATION')
  tell('TASK_RUNNING')
  tell('TASK_FINISHED')
  launchChild()
  assert.deepEqual(reports, [])
})

test('a child that runs before its parent has succeeded is noticed', () => {
  const { reports, tell, launchParent, launchChild } = watched()
  launchParent()
  tell('TASK_RUNNING')
  tell('TASK_GONE', 'REASON_RECONCILIATION')
  tell('TASK_FINISHED')
  launchChild()
  assert.deepEqual(reports, ['chronos-child-runs-once-a-generation'])
})

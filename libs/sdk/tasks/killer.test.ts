import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { scheduler } from '@thermosphere/protocol'
import { KILL_AGAIN_MAX_MS, KILL_AGAIN_MIN_MS } from '../limits.ts'
import { Killer } from './killer.ts'
import { TrackedTask } from './task.ts'

test('a kill is repeated less and less often, at once for a new master, and not for a task that has ended', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sent: scheduler.Call_Kill[] = []
  const killer = new Killer((kill) => sent.push(kill))
  const task = new TrackedTask({ id: 'task', agentId: 'agent', kill: () => undefined })
  const sentAfter = (ms: number): number => {
    t.mock.timers.tick(ms)
    return sent.length
  }
  killer.kill(task, { graceMs: 1_500 })
  assert.deepEqual(sent[0], {
    task_id: { value: 'task' },
    agent_id: { value: 'agent' },
    kill_policy: { grace_period: { nanoseconds: 1_500_000_000 } },
  })
  assert.equal(sentAfter(KILL_AGAIN_MIN_MS - 1), 1)
  assert.equal(sentAfter(1), 2)
  assert.equal(sentAfter(KILL_AGAIN_MIN_MS * 2 - 1), 2)
  assert.equal(sentAfter(1), 3)
  killer.repeat()
  assert.equal(sent.length, 4)
  assert.equal(sentAfter(KILL_AGAIN_MIN_MS), 5)
  killer.forget('task')
  assert.equal(sentAfter(KILL_AGAIN_MAX_MS * 2), 5)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Effect } from '@thermosphere/master-core'
import type { mesos } from '@thermosphere/protocol'
import { MasterInvariants } from './master-invariants.ts'
import { SmallMaster } from './small-master.ts'

const answer = (status: Partial<mesos.TaskStatus>): Effect => {
  const about = { task_id: { value: 't' }, agent_id: { value: 'a' }, reason: 'REASON_RECONCILIATION' as const }
  const update = { status: { ...about, state: 'TASK_UNKNOWN' as const, ...status } }
  return { type: 'event', streamId: 'f', event: { type: 'UPDATE', update } }
}

test('a leader must not say what became of a task while it waits for its agent', () => {
  const reports: string[] = []
  const invariants = new MasterInvariants({
    report: (invariant) => void reports.push(invariant),
    elapsed: () => 0,
    stored: () => undefined,
    count: () => undefined,
    onElected: () => undefined,
    onStepped: () => undefined,
    onAcknowledged: () => undefined,
  })
  const { master } = new SmallMaster(
    () => undefined,
    () => undefined,
  )
  const say = (effect: Effect): void => invariants.after(master, { type: 'timer', key: 'allocation' }, [effect])
  say(answer({}))
  const info = { hostname: 'h', port: 5051 }
  const record = { info, deactivated: false, drain: undefined, drainStartedAt: 0 }
  master.recoveredAgents.set('a', record)
  say(answer({ agent_id: { value: 'b' } }))
  say(answer({ reason: 'REASON_COMMAND_EXECUTOR_FAILED' }))
  assert.deepEqual(reports, [])
  say(answer({}))
  assert.deepEqual(reports, ['awaited-agents-are-not-judged'])
})

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

const nothing = (): undefined => undefined

function watched(stored: (key: string) => string | undefined = nothing) {
  const reports: string[] = []
  const report = (invariant: string): void => void reports.push(invariant)
  const heard = { count: nothing, onElected: nothing, onStepped: nothing, onAcknowledged: nothing }
  return { reports, invariants: new MasterInvariants({ report, elapsed: () => 0, stored, ...heard }) }
}

const leader = () => new SmallMaster(nothing, nothing).master

test('a leader must not say what became of a task while it waits for its agent', () => {
  const { reports, invariants } = watched()
  const master = leader()
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

test('an agent that is told that it is registered is admitted, or was given up by a later leader than who tells it', () => {
  const { reports, invariants } = watched((key) => (key === 'master/agents/unreachable/a' ? '{}' : undefined))
  const [before, now] = [leader(), leader()]
  const registered = (id: string) => ({ type: 'REGISTERED' as const, registered: { agent_id: { value: id } } })
  for (const master of [before, now]) invariants.onElected(master, 'master-0')
  invariants.onTold(before, registered('a'))
  assert.deepEqual(reports, [])
  invariants.onTold(now, registered('a'))
  invariants.onTold(before, registered('b'))
  assert.deepEqual(reports, ['registered-agents-survive', 'registered-agents-survive'])
})

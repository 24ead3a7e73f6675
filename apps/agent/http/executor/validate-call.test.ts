import type { executor, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { validateCall } from './validate-call.ts'

const update = (change: Partial<mesos.TaskStatus>): executor.Call => {
  const status: mesos.TaskStatus = {
    task_id: { value: 't' },
    state: 'TASK_RUNNING',
    source: 'SOURCE_EXECUTOR',
    uuid: new Uint8Array(16),
    ...change,
  }
  return { type: 'UPDATE', framework_id: { value: 'f' }, executor_id: { value: 'e' }, update: { status } }
}

const cases: readonly [string, Partial<mesos.TaskStatus>, RegExp | undefined][] = [
  ['a plain one', {}, undefined],
  ['the id of its executor', { executor_id: { value: 'e' } }, undefined],
  ['the id of another executor', { executor_id: { value: 'x' } }, /Call: e does not match ExecutorID in TaskStatus: x/],
  ['a short uuid', { uuid: new Uint8Array(4) }, /Not a valid UUID/],
  ['another source', { source: 'SOURCE_AGENT' }, /expecting 'SOURCE_EXECUTOR'/],
  ['TASK_STAGING', { state: 'TASK_STAGING' }, /TASK_STAGING from executor e of framework f which is not allowed/],
  ['the result of its check', { check_status: { type: 'COMMAND', command: { exit_code: 1 } } }, undefined],
  ['no result yet', { check_status: { type: 'HTTP', http: {} } }, undefined],
  ['a check without type', { check_status: { command: {} } }, /Expecting 'type' of 'check_status'/],
  ['a check of type UNKNOWN', { check_status: { type: 'UNKNOWN', command: {} } }, /'UNKNOWN' is not a valid type/],
  ['the result of another type', { check_status: { type: 'TCP', http: {} } }, /'tcp' to be set for .* a TCP check/],
  ['an HTTP check without result', { check_status: { type: 'HTTP' } }, /'http' to be set/],
  ['a command check without result', { check_status: { type: 'COMMAND', tcp: {} } }, /'command' to be set/],
]

suite('updates of executors', () => {
  for (const [what, change, problem] of cases) {
    test(`[mesos 111] an update with ${what} is ${problem === undefined ? 'taken' : 'refused'}`, () => {
      const found = validateCall(update(change))
      if (problem === undefined) assert.equal(found, undefined)
      else assert.match(found ?? '', problem)
    })
  }
})

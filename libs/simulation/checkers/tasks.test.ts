import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTasks } from './tasks.ts'

const start = (taskId: string, pid: number) => ({ taskId, pid, at: pid })
const told = (taskId: string, ...states: readonly string[]) => states.map((state) => ({ taskId, state }))

test('tasks that start once and end once, told several times, are right', () => {
  const reports = told('t', 'TASK_RUNNING', 'TASK_FINISHED', 'TASK_FINISHED')
  assert.deepEqual(checkTasks([start('t', 1), start('u', 2)], reports), {
    isValid: true,
    started: 2,
    ended: 1,
    doubled: [],
    ambiguous: [],
    risen: [],
  })
})

test('a task id that was started twice is named with both processes', () => {
  const verdict = checkTasks([start('t', 1), start('u', 2), start('t', 3)], [])
  assert.deepEqual([verdict.isValid, verdict.doubled], [false, [{ taskId: 't', pids: [1, 3] }]])
})

test('two different ends of one task are named', () => {
  const verdict = checkTasks([], [...told('t', 'TASK_FAILED'), ...told('u', 'TASK_LOST'), ...told('t', 'TASK_KILLED')])
  const ambiguous = [{ taskId: 't', states: ['TASK_FAILED', 'TASK_KILLED'] }]
  assert.deepEqual([verdict.isValid, verdict.ambiguous], [false, ambiguous])
})

test('a task told to run after its end has risen', () => {
  const verdict = checkTasks([], told('t', 'TASK_RUNNING', 'TASK_FINISHED', 'TASK_RUNNING'))
  assert.deepEqual([verdict.isValid, verdict.risen], [false, ['t']])
})

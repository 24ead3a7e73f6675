import type { ContainerIo } from '@thermosphere/isolation'
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { ContainerRunner } from '../containers/container-runner.ts'
import { OperatorRequests } from './operator-requests.ts'

test('the output of a session that is destroyed in the turn in which it is told of can be read', async () => {
  const io: ContainerIo = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    output: 'agent',
    hasTerminal: false,
    resize: () => Promise.resolve(),
  }
  let isThere = true
  const containers = { io: () => Promise.resolve(isThere ? io : undefined) } as unknown as ContainerRunner
  const submitted: string[] = []
  const requests = new OperatorRequests({ containers, submit: ({ type }) => void submitted.push(type) })
  const answered = requests.call({ type: 'LAUNCH_NESTED_CONTAINER_SESSION' }, new AbortController().signal)
  requests.reply(1, { status: 200, containerKey: 'key' })
  isThere = false
  assert.equal((await answered).containerKey, 'key')
  assert.equal((await requests.attach('key'))?.io, io)
  assert.deepEqual(submitted, ['operator-call'])
})

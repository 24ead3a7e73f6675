import type { Note } from '@thermosphere/master-core'
import type { ReceivedMessage } from '@thermosphere/protocol/node'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Drivers } from './index.ts'

const from = { id: 'scheduler(1)', host: '127.0.0.1', port: 4000 }
const malformed = (name: string): ReceivedMessage => ({ from, to: 'master', name, body: Uint8Array.of(0xff) })

test('[mesos 41] a malformed message is logged with its sender and the reason, many of them once in a second', (context) => {
  const notes: Note[] = []
  const drivers = new Drivers({
    self: { id: 'master', host: '127.0.0.1', port: 5050 },
    areRefused: false,
    submit: () => assert.fail('nothing is asked of the core'),
    ask: () => assert.fail('nothing is asked of the core'),
    note: (note) => notes.push(note),
  })
  context.after(() => drivers.close())
  drivers.receive(malformed('mesos.internal.KillTaskMessage'))
  for (let i = 0; i < 1000; i++) drivers.receive(malformed('mesos.internal.LaunchTasksMessage'))
  assert.equal(notes.length, 1)
  const [{ event, fields }] = notes as [Note]
  assert.equal(event, 'driver.message.dropped')
  assert.equal(fields['pid'], 'scheduler(1)@127.0.0.1:4000')
  assert.equal(fields['message'], 'mesos.internal.KillTaskMessage')
  assert.match(String(fields['reason']), /\w/)
})

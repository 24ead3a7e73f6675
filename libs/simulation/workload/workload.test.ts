import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clients } from './clients.ts'
import { generateWorkload } from './generate.ts'
import { Memory } from './memory.ts'
import type { ClientRequest } from './requests.ts'

const options = { startAt: Temporal.Instant.from('2026-01-01T00:00:00Z').epochMilliseconds, durationMs: 300_000 }

test('the same seed gives the same workload, another seed another', () => {
  const first = JSON.stringify(generateWorkload({ seed: 1, ...options }))
  assert.equal(JSON.stringify(generateWorkload({ seed: 1, ...options })), first)
  assert.notEqual(JSON.stringify(generateWorkload({ seed: 2, ...options })), first)
})

test('a hundred seeds make every kind of request', () => {
  const requests = Array.from({ length: 100 }, (_, seed) => generateWorkload({ seed, ...options })).flat()
  const types = new Set(requests.map(({ request }) => request.type))
  const marathon = ['put-app', 'scale-app', 'restart-app', 'delete-app', 'kill-tasks', 'put-group']
  const chronos = ['put-job', 'delete-job', 'run-job', 'kill-job', 'set-disabled']
  assert.deepEqual([...types].sort(), [...marathon, ...chronos].sort())
})

/** Answers each attempt with the next of `statuses`. */
function run(requests: readonly ClientRequest[], statuses: (number | undefined)[]): Memory {
  const memory = new Memory()
  const later: (() => void)[] = []
  const clients = new Clients({
    requests,
    memory,
    after: (_ms, action) => void later.push(action),
    send: (_request, done) => done(statuses.shift()),
  })
  clients.start()
  for (let action = later.shift(); action !== undefined; action = later.shift()) action()
  assert.equal(clients.isDone, true)
  return memory
}

const body = {
  cmd: 'sleep infinity',
  instances: 2,
  cpus: 0.1,
  mem: 16,
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  labels: { revision: 'r1' },
  backoffSeconds: 1,
  maxLaunchDelaySeconds: 20,
}
const put: ClientRequest = {
  after: 0,
  subject: '/web',
  to: 'marathon',
  request: { type: 'put-app', id: '/web', body },
}
const remove: ClientRequest = { ...put, after: 1, to: 'marathon', request: { type: 'delete-app', id: '/web' } }

test('a request is repeated until it is answered for good, and only then remembered', () => {
  const memory = run([put], [undefined, 503, 409, 200])
  assert.deepEqual(memory.apps.get('/web'), { revision: 'r1', instances: 2, cmd: 'sleep infinity' })
})

test('a refused request is not remembered', () => {
  assert.equal(run([put], [422]).apps.size, 0)
})

test('what a repeated deletion does not find was deleted by an attempt whose answer was lost', () => {
  assert.equal(run([put, remove], [200, undefined, 404]).apps.size, 0)
})

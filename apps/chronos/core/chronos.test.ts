import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minute, start, World } from './testing/world.ts'
import { step } from './step.ts'
import { graphCsv, graphDot, summarize } from './views/views.ts'

const hourly = { name: 'hourly', command: 'true', schedule: 'R3/2026-01-01T01:00:00Z/PT1H' }

test('[chronos 21] [chronos 22] [chronos 53] a scheduled job runs at its times, as often as it says, and is then disabled', () => {
  const world = new World()
  assert.deepEqual(world.put(hourly), { status: 204 })
  const ids: string[] = []
  for (let hour = 0; hour < 6; hour++) {
    world.advance(60 * minute)
    ids.push(...world.runAll())
  }
  assert.deepEqual(
    ids,
    [1, 2, 3].map((hour) => `ct:${start + hour * 60 * minute}:0:hourly:`),
  )
  assert.equal(world.job('hourly')['successCount'], 3)
  assert.equal(world.job('hourly')['disabled'], true)
})

test('[chronos 24] R1//PT24H runs at once and one time', () => {
  const world = new World()
  world.put({ name: 'once', command: 'true', schedule: 'R1//PT24H' })
  assert.equal(world.runAll().length, 1)
  world.advance(72 * 60 * minute)
  assert.equal(world.runAll().length, 0)
})

test('[chronos 16] [chronos 30] a listing shows the next start and what is left, and posting it back changes nothing', () => {
  const world = new World()
  world.put(hourly)
  assert.equal(world.job('hourly')['schedule'], hourly.schedule)
  world.advance(60 * minute)
  world.runAll()
  assert.equal(world.job('hourly')['schedule'], 'R2/2026-01-01T02:00:00.000Z/PT1H')
  const { uris: _uris, ...listed } = world.job('hourly')
  world.put(listed)
  assert.deepEqual(world.job('hourly')['schedule'], 'R2/2026-01-01T02:00:00.000Z/PT1H')
  assert.equal(world.job('hourly')['successCount'], 1)
})

test('[chronos 32] without epsilon, missed occurrences become one run and take one repetition', () => {
  const world = new World()
  world.put({ ...hourly, schedule: 'R9/2026-01-01T01:00:00Z/PT1H' })
  world.now = start + 5 * 60 * minute + 1
  world.fire()
  assert.deepEqual(
    world.offer().map((task) => task.task_id.value),
    [`ct:${start + 5 * 60 * minute}:0:hourly:`],
  )
  const missed = world.runs('hourly').filter((run) => run.state === 'missed')
  assert.deepEqual(
    missed.map(({ reason, occurrences }) => [reason, occurrences]),
    [['coalesced', 4]],
  )
  assert.match(String(world.job('hourly')['schedule']), /^R8\/2026-01-01T06:00:00/)
})

test('[chronos 31] with epsilon, each occurrence runs within its window or is recorded as missed and consumed', () => {
  const world = new World()
  world.put({ ...hourly, schedule: 'R9/2026-01-01T01:00:00Z/PT1H', epsilon: 'PT30M' })
  world.now = start + 5 * 60 * minute + 10 * minute
  world.fire()
  const missed = world.runs('hourly').filter((run) => run.state === 'missed')
  assert.deepEqual(
    missed.map(({ reason }) => reason),
    ['late', 'late', 'late', 'late'],
  )
  assert.equal(world.offer().length, 1)
  assert.match(String(world.job('hourly')['schedule']), /^R4\/2026-01-01T06:00:00/)
})

test('[chronos 31] [chronos E7] a queued run with epsilon that finds no place in time is missed, with the reason', () => {
  const world = new World()
  world.put({ ...hourly, epsilon: 'PT5M', cpus: 100 })
  world.advance(61 * minute)
  assert.equal(world.offer().length, 0)
  world.advance(5 * minute)
  const [run] = world.runs('hourly')
  assert.deepEqual([run?.state, run?.reason], ['missed', 'no-resources'])
  assert.match(run?.message ?? '', /needs cpus:100/)
})

test('[chronos 52] [chronos 76] a failed run is retried after the delay, counted once, and keeps its arguments', () => {
  const world = new World()
  world.put({ name: 'j', command: 'false', schedule: 'R1//P1D', retries: 1, arguments: ['-v'] })
  const [first] = world.runAll('TASK_FAILED')
  assert.equal(first, `ct:${start}:0:j:-v`)
  assert.equal(world.job('j')['errorCount'], 0)
  world.advance(minute)
  const [second] = world.runAll('TASK_FAILED')
  assert.equal(second, `ct:${start + minute}:1:j:-v`)
  world.advance(10 * minute)
  assert.equal(world.runAll().length, 0)
  assert.equal(world.job('j')['errorCount'], 1)
})

test('[chronos 51] a killed run is neither retried nor counted', () => {
  const world = new World()
  world.put({ name: 'j', command: 'sleep 100', schedule: 'R1//P1D' })
  const [task] = world.offer()
  world.update(task?.task_id.value ?? '', 'TASK_RUNNING')
  world.command({ type: 'kill-job', name: 'j' })
  assert.equal(world.calls.at(-1)?.kill?.task_id.value, task?.task_id.value)
  world.update(task?.task_id.value ?? '', 'TASK_KILLED')
  world.advance(10 * minute)
  assert.equal(world.runAll().length, 0)
  assert.deepEqual([world.job('j')['errorCount'], world.job('j')['successCount']], [0, 0])
})

test('[chronos 39] a dependent job runs once every parent has succeeded since it last started', () => {
  const world = new World()
  world.put({ name: 'a', command: 'true', schedule: 'R0//P1D' })
  world.put({ name: 'b', command: 'true', schedule: 'R0//P1D' })
  world.put({ name: 'c', command: 'true', parents: ['a', 'b'] })
  const succeed = (name: string): void => {
    world.command({ type: 'run-job', name, arguments: undefined })
    const task = world.offer().find((one) => one.name.endsWith(`:${name}`))
    world.update(task?.task_id.value ?? '', 'TASK_FINISHED')
  }
  const isQueued = (): boolean => world.runs('c').some((run) => run.state === 'queued')
  succeed('a')
  succeed('a')
  assert.equal(isQueued(), false)
  succeed('b')
  assert.equal(isQueued(), true)
  world.runAll()
  succeed('b')
  assert.equal(isQueued(), false)
})

test('[chronos 44] a cycle, an unknown parent and a wrong endpoint are refused and change nothing', () => {
  const world = new World()
  world.put({ name: 'a', command: 'true', schedule: 'R0//P1D' })
  world.put({ name: 'b', command: 'true', parents: ['a'] })
  assert.match(
    world.put({ name: 'a', command: 'true', parents: ['b'] }).message ?? '',
    /would create a cycle: a -> b -> a/,
  )
  assert.match(world.put({ name: 'x', command: 'true', parents: ['x'] }).message ?? '', /cycle: x -> x/)
  assert.match(world.put({ name: 'x', command: 'true', parents: ['y'] }).message ?? '', /does not have all parents/)
  const wrong = world.command({ type: 'put-job', document: { name: 'x', parents: ['a'] }, endpoint: 'iso8601' })
  assert.equal(wrong.status, 400)
  assert.deepEqual([...world.state.jobs.keys()], ['a', 'b'])
})

test('[chronos 7] [chronos 45] a deleted job is killed and its children inherit its schedule or its parents', () => {
  const world = new World()
  world.put(hourly)
  world.put({ name: 'child', command: 'true', parents: ['hourly'] })
  world.put({ name: 'grandchild', command: 'true', parents: ['child'] })
  world.command({ type: 'delete-job', name: 'child' })
  assert.deepEqual(world.job('grandchild')['parents'], ['hourly'])
  world.command({ type: 'delete-job', name: 'hourly' })
  assert.equal(world.job('grandchild')['schedule'], hourly.schedule)
})

test('[chronos 33] a run waits while an earlier one of its job has not ended, and says so', () => {
  const world = new World()
  world.put(hourly)
  world.advance(60 * minute)
  const [first] = world.offer()
  world.update(first?.task_id.value ?? '', 'TASK_RUNNING')
  world.advance(60 * minute)
  assert.equal(world.offer().length, 0)
  assert.match(world.runs('hourly').at(-1)?.waitsFor ?? '', /has not ended/)
  world.update(first?.task_id.value ?? '', 'TASK_FINISHED')
  assert.equal(world.offer().length, 1)
})

test('[chronos 71] [chronos E6] a run that does not fit is passed over by those behind it', () => {
  const world = new World()
  world.put({ name: 'big', command: 'true', schedule: 'R1//P1D', cpus: 100, highPriority: true })
  world.put({ name: 'small', command: 'true', schedule: 'R1//P1D' })
  assert.deepEqual(
    world.offer().map((task) => task.name),
    ['ChronosTask:small'],
  )
  assert.match(world.runs('big').at(-1)?.waitsFor ?? '', /needs cpus:100, offered cpus:4/)
})

test('[chronos 65] constraints are held against attributes', () => {
  const world = new World()
  world.put({ name: 'j', command: 'true', schedule: 'R1//P1D', constraints: [['rack', 'LIKE', 'r[12]']] })
  const rack = (value: string): mesos.Attribute[] => [{ name: 'rack', type: 'TEXT', text: { value } }]
  assert.equal(world.offer(4, rack('r3')).length, 0)
  assert.equal(world.offer(4).length, 0)
  assert.equal(world.offer(4, rack('r2')).length, 1)
})

test('[chronos 85] after a restart nothing is launched before the fate of launched runs is known', () => {
  const world = new World()
  world.put({ name: 'j', command: 'true', schedule: 'R2//PT1H' })
  const [task] = world.offer()
  const id = task?.task_id.value ?? ''
  world.state.phase = 'disconnected'
  world.calls = []
  world.input({ type: 'connected', frameworkId: 'f-0000' })
  assert.equal(world.calls[0]?.reconcile?.tasks?.[0]?.task_id.value, id)
  assert.equal(world.state.phase, 'reconciling')
  world.update(id, 'TASK_LOST', { reason: 'REASON_RECONCILIATION' })
  assert.equal(world.state.phase, 'scheduling')
  assert.deepEqual(
    world.offer().map((one) => one.task_id.value),
    [id.replace(':0:j:', ':1:j:')],
  )
})

test('a status update is acknowledged after what it changed is stored', () => {
  const world = new World()
  world.put({ name: 'j', command: 'true', schedule: 'R1//P1D' })
  const [task] = world.offer()
  const status: mesos.TaskStatus = {
    task_id: { value: task?.task_id.value ?? '' },
    agent_id: { value: 'a-S0' },
    state: 'TASK_FINISHED',
    uuid: new Uint8Array(16),
  }
  const effects = world.input({ type: 'update', status })
  const store = effects.find((effect) => effect.type === 'store')
  const acknowledge = effects.find((effect) => effect.type === 'call' && effect.call.type === 'ACKNOWLEDGE')
  assert.ok(store?.type === 'store' && acknowledge?.type === 'call')
  assert.equal(acknowledge.after, store.id)
})

test('a duplicate of a terminal update changes nothing and is acknowledged again', () => {
  const world = new World()
  world.put({ name: 'j', command: 'true', schedule: 'R1//P1D' })
  const [id = ''] = world.runAll()
  world.update(id, 'TASK_FAILED', { uuid: new Uint8Array(16) })
  assert.equal(world.job('j')['successCount'], 1)
  assert.equal(world.calls.at(-1)?.type, 'ACKNOWLEDGE')
})

test('[chronos 62] a job is disabled after as many failures in a row as the flag says', () => {
  const world = new World({ disableAfterFailures: 2 })
  world.put({ ...hourly, retries: 0, schedule: 'R/2026-01-01T01:00:00Z/PT1H' })
  for (let hour = 0; hour < 4; hour++) {
    world.advance(60 * minute)
    world.runAll('TASK_FAILED')
  }
  assert.equal(world.job('hourly')['disabled'], true)
  assert.equal(world.job('hourly')['errorCount'], 2)
})

test('[chronos 12] request JSON is coerced as the original coerces it', () => {
  const world = new World()
  world.put({
    name: 36,
    command: 'true',
    schedule: 'R1//P1D',
    cpus: '0.5',
    retries: '3',
    concurrent: 'true',
    mem: null,
  })
  const job = world.job('36')
  assert.deepEqual([job['cpus'], job['retries'], job['concurrent'], job['mem']], [0.5, 3, true, 128])
})

test('[chronos 11] [chronos 47] the graph is told as DOT and CSV', () => {
  const world = new World()
  world.put({ name: 'daily', command: 'true', schedule: 'R/2027-01-01T00:00:00Z/P1D' })
  world.put({ name: 'after', command: 'true', parents: ['daily'] })
  assert.equal(graphDot(world.state), 'digraph G {\n  1 [ label="after" ];\n  2 [ label="daily" ];\n  2 -> 1;\n}\n')
  assert.equal(graphCsv(world.state, '3'), 'node,after,fresh,idle\nnode,daily,fresh,idle\nlink,daily,after\n')
  assert.deepEqual((summarize(world.state) as { jobs: unknown[] }).jobs[0], {
    name: 'after',
    status: 'fresh',
    state: 'idle',
    schedule: '',
    parents: ['daily'],
    disabled: false,
  })
})

test('[chronos 18] wrong jobs are refused with the field and what is allowed', () => {
  const world = new World()
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ command: 'true', schedule: 'R1//P1D' }, /the job's name is invalid/],
    [{ name: 'a/b', schedule: 'R1//P1D' }, /the job's name is invalid/],
    [{ name: 'j', schedule: 'whenever' }, /Cannot parse schedule 'whenever'/],
    [{ name: 'j', schedule: 'R1//P1D', cpus: -1 }, /cpus: must not be negative/],
    [{ name: 'j', schedule: 'R1//P1D', constraints: [['a', 'IS', 'b']] }, /operator 'IS' is unknown; allowed: EQUALS/],
    [{ name: 'j', schedule: 'R1//P1D', fetch: [{}] }, /an entry of fetch needs a uri/],
    [
      { name: 'j', schedule: 'R1//P1D', container: { image: 'x', network: 'MOON' } },
      /container.network: allowed: HOST/,
    ],
    [{ name: 'j', schedule: 'R1//P1D', scheduleTimeZone: 'Nowhere' }, /no such time zone/],
  ]
  for (const [document, expected] of cases) {
    const reply = world.put(document)
    assert.equal(reply.status, 400)
    assert.match(reply.message ?? '', expected)
  }
  assert.equal(world.state.jobs.size, 0)
})

test('a change that repeats another is answered only once that one is durable', () => {
  const world = new World()
  world.put(hourly)
  const command = { type: 'set-disabled', name: 'hourly', disabled: false } as const
  const effects = step(world.state, { type: 'command', id: 'again', command }, world.now)
  const answer = effects.find(({ type }) => type === 'reply')
  assert.ok(answer?.type === 'reply' && answer.reply.status < 300)
  assert.equal(answer.after, effects.find((effect) => effect.type === 'store')?.id)
  assert.notEqual(answer.after, undefined)
})

test('a refusal waits for the change that it is refused for', () => {
  const world = new World()
  world.put(hourly)
  const command = { type: 'delete-job', name: 'hourly' } as const
  step(world.state, { type: 'command', id: 'first', command }, world.now)
  const effects = step(world.state, { type: 'command', id: 'again', command }, world.now)
  const answer = effects.find(({ type }) => type === 'reply')
  assert.ok(answer?.type === 'reply' && answer.reply.status >= 400)
  assert.equal(answer.after, effects.find((effect) => effect.type === 'store')?.id)
  assert.notEqual(answer.after, undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Run } from './state.ts'
import { restoreRun, storedRun, storedRunSchema } from './stored.ts'
import { minute, start, World } from './testing/world.ts'

const by = { name: 'j', command: 'true' }
const hourly = { ...by, schedule: 'R/2026-01-01T01:00:00Z/PT1H' }
const byHand = { ...by, schedule: 'R0//P1D' }

const states = (world: World, name = 'j'): string[] => world.runs(name).map(({ state }) => state)
const reasons = (world: World, name = 'j'): (string | undefined)[] => world.runs(name).map(({ reason }) => reason)
const only = (world: World, name = 'j'): Run => world.runs(name).at(-1) ?? assert.fail('there is no run')
const runByHand = (world: World, name = 'j'): void =>
  void world.command({ type: 'run-job', name, arguments: undefined })

test('[chronos 23] R0 runs by hand alone, stays R0 and is not disabled', () => {
  const world = new World()
  world.put(byHand)
  world.advance(48 * 60 * minute)
  assert.deepEqual(states(world), [])
  runByHand(world)
  world.runAll()
  assert.deepEqual([world.job('j')['schedule'], world.job('j')['disabled']], ['R0//P1D', false])
})

test('[chronos 17] a disabled job does not start by itself, and once when it is enabled after its time', () => {
  const world = new World()
  world.put({ ...hourly, disabled: true })
  world.advance(5 * 60 * minute)
  assert.deepEqual(states(world), [])
  runByHand(world)
  assert.equal(world.runAll().length, 1)
  world.put(hourly)
  world.fire()
  assert.equal(world.runAll().length, 1)
  assert.equal(world.runAll().length, 0)
})

test('disabling drops what waits, but for what was asked for by hand', () => {
  const world = new World()
  world.put({ ...hourly, cpus: 100 })
  world.advance(60 * minute)
  world.command({ type: 'run-job', name: 'j', arguments: 'x' })
  world.command({ type: 'set-disabled', name: 'j', disabled: true })
  assert.deepEqual(
    world.runs('j').map(({ cause, state, reason }) => [cause, state, reason]),
    [
      ['schedule', 'dropped', 'disabled'],
      ['manual', 'queued', undefined],
    ],
  )
})

test('a sequence is over when its last run has succeeded, not while one of its runs is still open', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R2/2026-01-01T01:00:00Z/PT1H', epsilon: 'PT2H' })
  world.now = start + 2 * 60 * minute
  world.fire()
  assert.deepEqual(states(world), ['queued', 'queued'])
  world.runAll()
  assert.equal(world.job('j')['disabled'], false)
  assert.equal(world.runAll().length, 1)
  assert.equal(world.job('j')['disabled'], true)
})

test('posting a sequence that has run out begins it anew; R1// does so each time', () => {
  const world = new World()
  for (let round = 1; round <= 3; round++) {
    world.put({ ...by, schedule: 'R1//PT2M' })
    assert.equal(world.runAll().length, 1, `round ${round}`)
    world.advance(10 * minute)
    assert.equal(world.runAll().length, 0)
  }
  world.put({ ...by, name: 'k', schedule: 'R2/2026-01-01T00:00:00Z/PT1M' })
  world.runAll()
  world.advance(minute)
  world.runAll()
  world.put({ ...by, name: 'k', schedule: 'R2/2026-01-01T00:00:00Z/PT1M' })
  world.fire()
  assert.equal(world.runAll().length, 1)
})

test('a run that is queued when its R1// is posted again stands for the new one', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', cpus: 100 })
  world.advance(minute)
  world.put({ ...by, schedule: 'R1//P1D' })
  world.advance(minute)
  assert.equal(world.runAll().length, 1)
  world.advance(3 * 24 * 60 * minute)
  assert.equal(world.runAll().length, 0)
})

test('the retry of an occurrence is given up when the next one starts, and has then failed for good', () => {
  const world = new World({ failureRetryMs: 90 * minute })
  world.put({ ...hourly, retries: 1 })
  world.advance(60 * minute)
  world.runAll('TASK_FAILED')
  assert.deepEqual([states(world), world.job('j')['errorCount']], [['failed', 'delayed'], 0])
  world.advance(60 * minute)
  world.runAll()
  assert.deepEqual(reasons(world), [undefined, 'superseded', undefined])
  assert.deepEqual([world.job('j')['errorCount'], world.job('j')['successCount']], [1, 1])
})

test('[chronos E1] catchUp chooses how many runs a gap of five periods has', () => {
  for (const [catchUp, count] of [
    ['none', 0],
    ['one', 1],
    ['all', 5],
  ] as const) {
    const world = new World()
    world.put({ ...hourly, catchUp })
    world.now = start + 5.5 * 60 * minute
    world.fire()
    let launched = 0
    for (let i = 0; i < 10; i++) launched += world.runAll().length
    assert.equal(launched, count, catchUp)
    const missed = world.runs('j').reduce((sum, run) => sum + (run.occurrences ?? 0), 0)
    assert.equal(missed, 5 - count, catchUp)
    world.advance(60 * minute)
    assert.equal(world.runAll().length, 1, 'and goes on')
  }
})

test('[chronos E2] [chronos 33] [chronos 34] overlapPolicy chooses what happens while a run goes on', () => {
  const outcome = (overlapPolicy: string): (string | undefined)[] => {
    const world = new World()
    world.put({ ...hourly, overlapPolicy })
    world.advance(60 * minute)
    const [first] = world.offer()
    world.update(first?.task_id.value ?? '', 'TASK_RUNNING')
    world.advance(60 * minute)
    world.offer()
    const isKilled = world.calls.some(({ type }) => type === 'KILL')
    return [...states(world).sort(), isKilled ? 'killed' : undefined].filter((state) => state !== undefined)
  }
  assert.deepEqual(outcome('buffer'), ['queued', 'running'])
  assert.deepEqual(outcome('skip'), ['missed', 'running'])
  assert.deepEqual(outcome('allow'), ['launching', 'running'])
  assert.deepEqual(outcome('replace'), ['queued', 'running', 'killed'])
})

test('[chronos E3] retries back off by their factor up to their ceiling', () => {
  const world = new World()
  const retryBackoff = { factor: 2, max: '3' }
  world.put({ ...by, schedule: 'R1//P1D', retries: 4, retryDelay: '1', retryBackoff })
  const starts: number[] = []
  for (let i = 0; i < 5; i++) {
    world.advance(10)
    while (world.runs('j').at(-1)?.state === 'delayed') world.advance(10)
    starts.push(world.now)
    world.runAll('TASK_FAILED')
  }
  const gaps = starts.slice(1).map((at, i) => Math.round((at - (starts[i] ?? 0)) / 100) / 10)
  assert.deepEqual(gaps, [1, 2, 3, 3])
})

test('[chronos 61] a run that took too long has failed, whoever killed it', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 0, maxCompletionTime: 10 })
  const [task] = world.offer()
  const id = task?.task_id.value ?? ''
  assert.equal(task?.max_completion_time?.nanoseconds, 10_000_000_000)
  world.update(id, 'TASK_RUNNING')
  world.advance(14_000)
  assert.equal(world.calls.at(-1)?.type === 'KILL', false)
  world.advance(2_000)
  assert.equal(world.calls.at(-1)?.kill?.task_id.value, id)
  world.update(id, 'TASK_KILLED')
  assert.deepEqual([states(world), world.job('j')['errorCount']], [['failed'], 1])

  world.put({ ...by, name: 'k', schedule: 'R1//P1D', retries: 0, maxCompletionTime: 10 })
  const [other] = world.offer()
  world.update(other?.task_id.value ?? '', 'TASK_KILLED', { reason: 'REASON_MAX_COMPLETION_TIME_REACHED' })
  assert.equal(world.job('k')['errorCount'], 1)
})

test('a task on an unreachable agent is waited for, then counts as failed', () => {
  const world = new World()
  world.put({ ...byHand, retries: 0 })
  for (const returns of [true, false]) {
    runByHand(world)
    const id = world.offer()[0]?.task_id.value ?? ''
    world.update(id, 'TASK_RUNNING')
    world.update(id, 'TASK_UNREACHABLE')
    world.advance(10 * minute)
    if (returns) world.update(id, 'TASK_RUNNING')
    world.advance(10 * minute)
    assert.equal(only(world).state, returns ? 'running' : 'failed')
    if (returns) world.update(id, 'TASK_FINISHED')
    else assert.equal(only(world).reason, 'unreachable')
  }
  assert.deepEqual([world.job('j')['successCount'], world.job('j')['errorCount']], [1, 1])
})

test('a run on an unreachable agent is asked about until its agent is back, and fails when it came back without the task', () => {
  for (const isLaunched of [true, false]) {
    const world = new World()
    world.put({ ...byHand, retries: 0 })
    runByHand(world)
    const id = world.offer()[0]?.task_id.value ?? ''
    if (isLaunched) world.update(id, 'TASK_RUNNING')
    world.update(id, 'TASK_UNREACHABLE')
    for (let asked = 0; asked < 3; asked += 1) {
      world.calls = []
      world.advance(10_000)
      assert.deepEqual(
        world.calls.filter(({ type }) => type === 'RECONCILE').map(({ reconcile }) => reconcile?.tasks?.length),
        [1],
      )
      world.update(id, 'TASK_UNREACHABLE', { reason: 'REASON_RECONCILIATION' })
    }
    world.update(id, 'TASK_GONE', { reason: 'REASON_RECONCILIATION' })
    assert.equal(only(world).state, 'failed')
    assert.equal(world.job('j')['errorCount'], 1)
  }
})

test('a task that comes back after it was given up is killed', () => {
  const world = new World()
  world.put({ ...byHand, retries: 0 })
  runByHand(world)
  const [id = ''] = world.runAll('TASK_LOST')
  world.calls = []
  world.update(id, 'TASK_RUNNING', { uuid: new Uint8Array(16) })
  assert.deepEqual(
    world.calls.map(({ type }) => type),
    ['KILL', 'ACKNOWLEDGE'],
  )
  assert.equal(only(world).state, 'failed')
})

test('an invalid task is not tried again, one that was dropped for its offer costs no attempt', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 3 })
  const id = world.offer()[0]?.task_id.value ?? ''
  world.update(id, 'TASK_LOST', { reason: 'REASON_INVALID_OFFERS' })
  assert.deepEqual([states(world), only(world).attempt], [['queued'], 0])
  assert.equal(world.offer()[0]?.task_id.value, id)
  world.update(id, 'TASK_ERROR', { reason: 'REASON_TASK_INVALID', message: 'Task uses invalid resources' })
  assert.deepEqual([states(world), world.job('j')['errorCount']], [['failed'], 1])
})

const disown = (world: World, id: string): void => world.update(id, 'TASK_GONE', { reason: 'REASON_RECONCILIATION' })

/** Launches what is queued; after the wait nobody has it. */
function launchInVain(world: World): string {
  const id = world.offer()[0]?.task_id.value ?? assert.fail('nothing was launched')
  world.advance(30_000)
  disown(world, id)
  return id
}

const attemptOf = (id: string): string | undefined => id.split(':')[2]

test('an answer from before the launch says nothing about it', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const id = world.offer()[0]?.task_id.value ?? ''
  disown(world, id)
  assert.equal(only(world).state, 'launching')
  world.advance(30_000)
  assert.equal(world.calls.at(-1)?.reconcile?.tasks?.[0]?.task_id.value, id)
  disown(world, id)
  assert.equal(only(world).state, 'queued')
})

test('a launch that nobody has is made again under ids of their own, three times without costing a retry', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 1 })
  const ids = [launchInVain(world), launchInVain(world), launchInVain(world)]
  assert.deepEqual(ids.map(attemptOf), ['0', '1', '2'])
  const { state, attempt, retryCount, unconfirmed = [] } = only(world)
  assert.deepEqual([state, attempt, retryCount, unconfirmed.map(({ taskId }) => taskId)], ['queued', 3, 0, ids])
  ids.push(launchInVain(world))
  assert.deepEqual(states(world), ['failed', 'delayed'])
  world.advance(minute)
  ids.push(launchInVain(world))
  assert.deepEqual(states(world), ['failed', 'failed'])
  assert.deepEqual(ids.map(attemptOf), ['0', '1', '2', '3', '4'])
  assert.equal(world.job('j')['errorCount'], 1)
  assert.match(only(world).message ?? '', /nobody knows whether it began/)
})

test('retries are counted apart from launches that nobody has', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 1, retryDelay: '1' })
  launchInVain(world)
  const ids = world.runAll('TASK_FAILED')
  world.advance(1_000)
  ids.push(...world.runAll('TASK_FAILED'))
  assert.deepEqual(ids.map(attemptOf), ['1', '2'])
  assert.deepEqual(states(world), ['failed', 'failed'])
  assert.match(world.notifications.at(-1)?.message ?? '', /attempt 2 of 2 failed/)
})

test('a job without retries is not launched again when nobody knows whether it began', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 0 })
  launchInVain(world)
  assert.deepEqual([states(world), world.job('j')['errorCount']], [['failed'], 1])
  world.advance(10 * minute)
  assert.equal(world.offer().length, 0)
})

test('a task that was told to start and is gone is a lost one and costs a retry; one the master knew alone does not', () => {
  for (const [told, counts] of [
    ['TASK_STAGING', [0]],
    ['TASK_STARTING', [0, 1]],
    ['TASK_RUNNING', [0, 1]],
  ] as const) {
    const world = new World()
    world.put({ ...by, schedule: 'R1//P1D', retries: 1 })
    const id = world.offer()[0]?.task_id.value ?? ''
    world.update(id, told)
    world.advance(30_000)
    disown(world, id)
    assert.deepEqual(
      world.runs('j').map(({ retryCount }) => retryCount),
      counts,
      told,
    )
  }
})

test('a launch that was given up and runs is the run again, unless another was made; then its task is killed', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D', retries: 1 })
  const id = launchInVain(world)
  world.update(id, 'TASK_RUNNING')
  const { state, taskId, attempt, unconfirmed, agentHostname } = only(world)
  assert.deepEqual([state, taskId, attempt, unconfirmed, agentHostname], ['running', id, 0, undefined, 'node-1'])
  assert.equal(world.offer().length, 0)

  const other = new World()
  other.put({ ...by, schedule: 'R1//P1D', retries: 1 })
  const first = launchInVain(other)
  const second = other.offer()[0]?.task_id.value ?? ''
  other.calls = []
  other.update(first, 'TASK_RUNNING')
  assert.deepEqual(
    other.calls.map(({ kill }) => kill?.task_id.value),
    [first],
  )
  other.update(first, 'TASK_KILLED')
  other.update(second, 'TASK_FINISHED')
  assert.deepEqual(states(other), ['succeeded'])
})

test('a launch that was given up and has ended ends its run, also by the callback of an async job', () => {
  for (const async of [false, true]) {
    const world = new World()
    world.put({ ...by, schedule: 'R1//P1D', retries: 1, async })
    const id = launchInVain(world)
    if (async) world.command({ type: 'end-async-task', taskId: id, statusCode: 0 })
    else world.update(id, 'TASK_FINISHED')
    assert.deepEqual([states(world), only(world).taskId], [['succeeded'], id])
    assert.equal(world.offer().length, 0)
  }
})

test('a launch that nobody has is not made again after its window, and told as missed', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1/2026-01-01T01:00:00Z/P1D', epsilon: 'PT20S' })
  world.advance(60 * minute)
  launchInVain(world)
  world.fire()
  assert.deepEqual(states(world), ['missed'])
  assert.match(only(world).message ?? '', /could not start again, after a launch that was never confirmed/)
})

test('unconfirmed launches outlive a restart, and what was stored before they were counted is read', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  launchInVain(world)
  const run = only(world)
  const json: unknown = JSON.parse(JSON.stringify(storedRun(run)))
  assert.deepEqual(restoreRun(storedRunSchema.parse(json)), run)
  const { retryCount: _retryCount, ...older } = json as Record<string, unknown>
  assert.equal(restoreRun(storedRunSchema.parse({ ...older, attempt: 2 })).retryCount, 2)
})

test('a kill that was lost with the connection is sent again, and a killed launch that never arrived does not start', () => {
  const world = new World()
  world.put({ ...by, schedule: 'R1//P1D' })
  const id = world.offer()[0]?.task_id.value ?? ''
  world.command({ type: 'kill-job', name: 'j' })
  world.input({ type: 'disconnected' })
  world.calls = []
  world.input({ type: 'connected', frameworkId: 'f-0000' })
  assert.ok(world.calls.some(({ kill }) => kill?.task_id.value === id))
  world.update(id, 'TASK_GONE', { reason: 'REASON_RECONCILIATION' })
  assert.deepEqual(states(world), ['killed'])
  assert.equal(world.offer().length, 0)
})

test('[chronos 41] [chronos 42] a failure stops the children, unless it is soft', () => {
  const world = new World()
  for (const softError of [false, true]) {
    const name = `parent-${softError}`
    world.put({ ...byHand, name, softError, retries: 0 })
    world.put({ ...by, name: `child-${softError}`, parents: [name] })
    runByHand(world, name)
    world.runAll('TASK_FAILED')
    assert.equal(world.runs(`child-${softError}`).length, Number(softError))
  }
})

test('[chronos 46] a disabled child does not run, now or later, for what its parents did meanwhile', () => {
  const world = new World()
  world.put({ ...byHand, name: 'a' })
  world.put({ ...by, parents: ['a'], disabled: true })
  world.command({ type: 'mark-success', name: 'a' })
  world.put({ ...by, parents: ['a'] })
  world.fire()
  assert.deepEqual(states(world), [])
  world.command({ type: 'mark-success', name: 'a' })
  assert.deepEqual(states(world), ['queued'])
})

test('a changed set of parents keeps the counters of those that stay', () => {
  const world = new World()
  for (const name of ['a', 'b', 'c']) world.put({ ...byHand, name })
  world.put({ ...by, parents: ['a', 'b'] })
  world.command({ type: 'mark-success', name: 'a' })
  world.put({ ...by, parents: ['a', 'c'] })
  assert.deepEqual(states(world), [])
  world.command({ type: 'mark-success', name: 'b' })
  assert.deepEqual(states(world), [])
  world.command({ type: 'mark-success', name: 'c' })
  assert.deepEqual(states(world), ['queued'])
})

test('[chronos 70] high priority goes first, then age', () => {
  const world = new World()
  for (const name of ['b', 'a']) world.put({ ...byHand, name })
  world.put({ ...byHand, name: 'c', highPriority: true })
  for (const name of ['b', 'a', 'c']) {
    runByHand(world, name)
    world.advance(1)
  }
  assert.deepEqual(
    world.offer().map((task) => task.name.split(':')[1]),
    ['c', 'b', 'a'],
  )
})

test('a job that fits nowhere delays no other', () => {
  const world = new World()
  world.put({ ...byHand, name: 'stuck', cpus: 100 })
  runByHand(world, 'stuck')
  world.offer()
  for (let i = 0; i < 10; i++) {
    world.calls = []
    world.put({ ...byHand, name: `j${i}` })
    runByHand(world, `j${i}`)
    assert.ok(world.calls.some(({ type }) => type === 'REVIVE'))
  }
})

test('history is bounded by age, by job and in all, and so are its indexes', () => {
  const world = new World({ historyRunsMax: 3, historyTotalMax: 5, historyTtlMs: 60 * minute })
  world.input({ type: 'start' })
  const rounds = (name: string, count: number): void => {
    world.put({ ...byHand, name })
    for (let i = 0; i < count; i++) {
      runByHand(world, name)
      world.runAll()
      world.advance(1)
    }
  }
  rounds('a', 5)
  assert.equal(world.runs('a').length, 3)
  rounds('b', 3)
  assert.deepEqual([world.runs('a').length, world.runs('b').length], [2, 3])
  world.command({ type: 'delete-job', name: 'a' })
  assert.equal(world.runs('a').length, 2)
  assert.equal(world.state.runs.byTask.size, 5)
  world.advance(121 * minute)
  assert.deepEqual([world.runs('a').length, world.runs('b').length], [0, 0])
  assert.deepEqual([world.state.runs.byTask.size, world.state.runs.ended.size], [0, 0])
})

test('[chronos 50] [chronos 53] arguments that an id cannot carry are replaced there by a hash, not in the command', () => {
  const world = new World()
  world.put(byHand)
  for (const given of ['/a/b', 'x'.repeat(4096)]) {
    world.command({ type: 'run-job', name: 'j', arguments: given })
    const [task] = world.offer()
    assert.match(task?.task_id.value ?? '', /^ct:\d+:0:j:~[0-9a-f]{8}$/)
    assert.equal(task?.command?.value, `true ${given}`)
    world.update(task?.task_id.value ?? '', 'TASK_FINISHED')
  }
})

test('[chronos 62] [chronos 77] owners are told of the final failure, of being disabled and of the deletion, once each', () => {
  const world = new World({ disableAfterFailures: 2 })
  const told = (work: () => void): string[] => {
    const before = world.notifications.length
    work()
    return world.notifications.slice(before).map(({ about }) => about)
  }
  world.put({ ...byHand, retries: 1 })
  const fails = (): void => {
    runByHand(world)
    world.runAll('TASK_FAILED')
    world.advance(minute)
    world.runAll('TASK_FAILED')
  }
  assert.deepEqual(told(fails), ['failed'])
  assert.match(
    world.notifications.at(-1)?.message ?? '',
    /attempt 2 of 2 failed\. Failures since the last success: 1\./,
  )
  assert.deepEqual(told(fails), ['disabled'])
  assert.deepEqual(
    told(() => world.command({ type: 'delete-job', name: 'j' })),
    ['deleted'],
  )
  world.put({ ...by, name: 'once', schedule: 'R1//P1D' })
  assert.deepEqual(
    told(() => world.runAll()),
    ['disabled'],
  )
})

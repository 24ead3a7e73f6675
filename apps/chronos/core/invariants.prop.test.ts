/**
 * The invariants of scheduling on random schedules, clock jumps, restarts at any point, task outcomes and duplicated or
 * lost messages. A restart keeps what was persisted and nothing else.
 */
import { applyWrites, createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import type { mesos, scheduler } from '@thermosphere/protocol'
import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relink } from './graph/graph.ts'
import type { Command, Effect, Input, Reply } from './messages.ts'
import { firstCursor, parseSchedule, renderSchedule, upcoming } from './schedule/schedule.ts'
import { createState } from './state.ts'
import type { ChronosConfig, ChronosState, Run } from './state.ts'
import { step } from './step.ts'
import { restoreJob, restoreRun, storedJobSchema, storedRunSchema } from './stored.ts'

const config: ChronosConfig = {
  defaults: { cpus: 1, mem: 32, disk: 0, user: 'root', epsilon: undefined },
  role: '*',
  failureRetryMs: 30_000,
  disableAfterFailures: 0,
  legacyRetryGate: false,
  declineSeconds: undefined,
  reconciliationIntervalMs: 600_000,
  reviveIntervalMinMs: 5_000,
  jobHistoryLimit: 5,
  historyRunsMax: 100_000,
  historyTotalMax: 100_000,
  historyTtlMs: 365 * 86_400_000,
  unreachableTimeoutMs: 900_000,
  hostname: 'h',
}
const start = Temporal.Instant.from('2026-03-01T00:00:00Z').epochMilliseconds

type LaunchedTask = { readonly info: mesos.TaskInfo; readonly at: number; state: mesos.TaskState; endedAt?: number }

/** Store, master and agent around the core; everything but the core's memory outlives `restart`. */
class World {
  state: ChronosState
  now = start
  readonly store = new Map<string, string>()
  readonly tasks = new Map<string, LaunchedTask>()
  readonly launches: LaunchedTask[] = []
  readonly updates: mesos.TaskStatus[] = []
  readonly successes: { readonly job: string; readonly at: number }[] = []
  readonly starts: { readonly job: string; readonly at: number; readonly cause: string }[] = []
  readonly random: Random
  cpus = 100
  /** Orders what happened, however the clock jumps. */
  order = 0
  #timers = new Map<string, number>()
  #offers: mesos.Offer[] = []
  #offerCount = 0
  #isUp = true

  constructor(seed: number) {
    this.random = createRandom(seed)
    this.state = createState(config, createRandom(seed + 1))
    this.boot()
  }

  boot(): void {
    this.#isUp = true
    this.input({ type: 'start' })
    this.input({ type: 'connected', frameworkId: 'f-0000' })
    this.deliver()
    this.run(0)
  }

  /** What was not stored is forgotten. */
  crash(): void {
    this.#isUp = false
    this.#timers.clear()
    this.#offers = []
    const state = createState(config, createRandom(this.random.uint32()))
    state.frameworkId = 'f-0000'
    const runs: Run[] = []
    for (const [key, value] of this.store) {
      const json: unknown = JSON.parse(value)
      if (key.startsWith('jobs/')) {
        const record = restoreJob(storedJobSchema.parse(json), config.defaults)
        state.jobs.set(record.job.name, record)
        relink(state, undefined, record.job)
      } else if (key.startsWith('runs/')) runs.push(restoreRun(storedRunSchema.parse(json)))
    }
    runs.sort((a, b) => (a.endedAt ?? a.queuedAt) - (b.endedAt ?? b.queuedAt))
    for (const run of runs) state.runs.put(run)
    this.state = state
  }

  /** With `loses` the process dies in this step: before its write is durable, or before anybody was told of it. */
  input(input: Input, loses?: 'write' | 'calls'): readonly Effect[] {
    const effects = step(this.state, input, this.now)
    for (const effect of effects) {
      const isLost = loses === 'write' || (loses === 'calls' && effect.type !== 'store')
      if (!isLost) this.#perform(effect)
    }
    if (loses !== undefined) this.crash()
    return effects
  }

  /** Some input that is at hand, to die of. */
  someInput(): Input | undefined {
    const [status] = this.updates
    const [key] = this.#timers.keys()
    const inputs: Input[] = [{ type: 'offers', offers: [this.#newOffer()] }]
    if (status !== undefined) inputs.push({ type: 'update', status })
    if (key !== undefined) inputs.push({ type: 'timer', key })
    return inputs[this.random.integer(inputs.length)]
  }

  #perform(effect: Effect): void {
    if (effect.type === 'store') applyWrites(this.store, effect.writes)
    else if (effect.type === 'timer') {
      if (effect.at === undefined) this.#timers.delete(effect.key)
      else this.#timers.set(effect.key, effect.at)
    } else if (effect.type === 'call') this.#call(effect.call)
  }

  #call({ type, accept, kill, acknowledge, reconcile }: Omit<scheduler.Call, 'framework_id'>): void {
    if (type === 'REVIVE') this.#offer()
    for (const operation of accept?.operations ?? [])
      for (const info of operation.launch?.task_infos ?? []) this.#launch(info)
    const task = kill === undefined ? undefined : this.tasks.get(kill.task_id.value)
    if (task !== undefined && task.endedAt === undefined) this.end(task, 'TASK_KILLED')
    if (acknowledge !== undefined) {
      const index = this.updates.findIndex(({ uuid }) => uuid !== undefined && same(uuid, acknowledge.uuid))
      if (index !== -1) this.updates.splice(index, 1)
    }
    for (const { task_id } of reconcile?.tasks ?? []) this.#answer(task_id.value)
  }

  #answer(taskId: string): void {
    const known = this.tasks.get(taskId)
    // A terminal state is told by the update that is still unacknowledged.
    if (known?.endedAt !== undefined && this.updates.some(({ task_id }) => task_id.value === taskId)) return
    const state = known === undefined || known.endedAt !== undefined ? 'TASK_GONE' : known.state
    this.#later({ task_id: { value: taskId }, agent_id: { value: 'a' }, state, reason: 'REASON_RECONCILIATION' })
  }

  #later(status: mesos.TaskStatus): void {
    this.updates.push(status)
  }

  #launch(info: mesos.TaskInfo): void {
    const [, , , job = ''] = info.task_id.value.split(':')
    assert.equal(this.tasks.has(info.task_id.value), false, `${info.task_id.value} was launched twice`)
    const task: LaunchedTask = { info, at: this.order++, state: 'TASK_STAGING' }
    this.tasks.set(info.task_id.value, task)
    this.launches.push(task)
    const run = this.state.runs.byTask.get(info.task_id.value)
    this.starts.push({ job, at: task.at, cause: run?.cause ?? '' })
    this.tell(task, 'TASK_RUNNING')
  }

  tell(task: LaunchedTask, state: mesos.TaskState): void {
    task.state = state
    this.#later({ task_id: task.info.task_id, agent_id: { value: 'a' }, state, uuid: this.random.bytes(16) })
  }

  end(task: LaunchedTask, state: mesos.TaskState): void {
    task.endedAt = this.order++
    this.tell(task, state)
  }

  #offer(): void {
    this.#offers.push(this.#newOffer())
  }

  #newOffer(): mesos.Offer {
    const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })
    return {
      id: { value: `o${this.#offerCount++}` },
      framework_id: { value: 'f-0000' },
      agent_id: { value: 'a' },
      hostname: 'h',
      resources: [scalar('cpus', this.cpus), scalar('mem', 100_000), scalar('disk', 100_000)],
    }
  }

  /** Unacknowledged updates come, some of them twice. */
  deliver(): void {
    for (const status of [...this.updates]) {
      if (!this.#isUp) return
      if (status.uuid === undefined) this.updates.splice(this.updates.indexOf(status), 1)
      for (let copies = 1 + this.random.integer(2); copies > 0; copies--) this.#update(status)
    }
  }

  #update(status: mesos.TaskStatus): void {
    const before = this.state.runs.byTask.get(status.task_id.value)
    const wasActive = before !== undefined && this.state.runs.active.has(before.id)
    this.input({ type: 'update', status })
    if (wasActive && before.state === 'succeeded') this.successes.push({ job: before.job, at: this.order++ })
  }

  /** Lets time pass; timers and offers come in order. */
  run(ms: number): void {
    const end = this.now + ms
    for (let steps = 0; this.#isUp; steps++) {
      assert.ok(steps < 20_000, 'it does not come to rest')
      const [due] = [...this.#timers].sort((a, b) => a[1] - b[1])
      const offers = this.#offers.splice(0)
      if (offers.length > 0) this.input({ type: 'offers', offers })
      else if (due !== undefined && due[1] <= end) {
        this.now = Math.max(this.now, due[1])
        this.#timers.delete(due[0])
        this.input({ type: 'timer', key: due[0] })
      } else break
    }
    this.now = Math.max(this.now, end)
  }

  command(command: Command): Reply | undefined {
    const effects = this.input({ type: 'command', id: 'c', command })
    const reply = effects.find((effect) => effect.type === 'reply')
    return reply?.type === 'reply' ? reply.reply : undefined
  }

  allRuns(): Run[] {
    return [...this.state.runs.active.values(), ...this.state.runs.ended.values()]
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b))

type Action =
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'jump'; readonly seconds: number }
  | { readonly type: 'restart'; readonly downSeconds: number }
  | { readonly type: 'dies'; readonly loses: 'write' | 'calls'; readonly downSeconds: number }
  | { readonly type: 'end'; readonly state: mesos.TaskState }
  | { readonly type: 'manual'; readonly job: number }
  | { readonly type: 'kill'; readonly job: number }
  | { readonly type: 'starve'; readonly isStarved: boolean }
  | { readonly type: 'success'; readonly job: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('jump' as const), seconds: fc.integer({ min: -300, max: 900 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('restart' as const), downSeconds: fc.integer({ min: 0, max: 900 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('dies' as const),
      loses: fc.constantFrom('write' as const, 'calls' as const),
      downSeconds: fc.integer({ min: 0, max: 300 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      state: fc.constantFrom<mesos.TaskState>(
        'TASK_FINISHED',
        'TASK_FINISHED',
        'TASK_FAILED',
        'TASK_KILLED',
        'TASK_LOST',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('manual' as const), job: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill' as const), job: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('starve' as const), isStarved: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('success' as const), job: fc.integer({ min: 0, max: 3 }) }) },
)

type Shape = {
  readonly periodSeconds: number
  readonly repetitions: number | undefined
  readonly epsilonSeconds: number | undefined
  readonly retries: number
  readonly catchUp: 'one' | 'all' | undefined
  readonly softError: boolean
}
const shape: fc.Arbitrary<Shape> = fc.record({
  periodSeconds: fc.integer({ min: 20, max: 300 }),
  repetitions: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  epsilonSeconds: fc.option(fc.integer({ min: 5, max: 200 }), { nil: undefined }),
  retries: fc.integer({ min: 0, max: 2 }),
  catchUp: fc.constantFrom('one', 'all', undefined),
  softError: fc.boolean(),
})

const firstAt = start + 60_000

function put(world: World, name: string, options: Shape): void {
  const { periodSeconds, repetitions, epsilonSeconds, retries, catchUp, softError } = options
  const schedule = `R${repetitions ?? ''}/2026-03-01T00:01:00Z/PT${periodSeconds}S`
  const epsilon = epsilonSeconds === undefined ? {} : { epsilon: `PT${epsilonSeconds}S` }
  const document = { name, command: 'true', schedule, retries, softError, ...epsilon, ...(catchUp && { catchUp }) }
  assert.equal(world.command({ type: 'put-job', document, endpoint: 'iso8601' })?.status, 204)
}

function act(world: World, one: Action, jobs: readonly string[]): void {
  const alive = [...world.tasks.values()].filter((task) => task.endedAt === undefined)
  const name = 'job' in one ? (jobs[one.job % jobs.length] ?? '') : ''
  switch (one.type) {
    case 'wait':
      return world.run(one.seconds * 1000)
    case 'jump':
      world.now += one.seconds * 1000
      return world.run(0)
    case 'restart':
      world.crash()
      world.now += one.downSeconds * 1000
      return world.boot()
    case 'dies': {
      const input = world.someInput()
      if (input !== undefined) world.input(input, one.loses)
      world.now += one.downSeconds * 1000
      return world.boot()
    }
    case 'end': {
      const task = alive[world.random.integer(Math.max(1, alive.length))]
      if (task === undefined) return
      world.end(task, one.state)
      world.deliver()
      return world.run(0)
    }
    case 'manual':
      world.command({ type: 'run-job', name, arguments: undefined })
      return world.run(0)
    case 'kill':
      world.command({ type: 'kill-job', name })
      world.deliver()
      return world.run(0)
    case 'starve':
      world.cpus = one.isStarved ? 0 : 100
      return
    case 'success':
      world.command({ type: 'mark-success', name })
      world.successes.push({ job: name, at: world.order++ })
      return world.run(0)
  }
}

/** Everything ends well and time goes on until nothing is left to do. */
function heal(world: World): void {
  world.cpus = 100
  world.crash()
  world.boot()
  for (let round = 0; round < 60; round++) {
    world.deliver()
    for (const task of world.tasks.values()) if (task.endedAt === undefined) world.end(task, 'TASK_FINISHED')
    world.deliver()
    world.run(10_000)
  }
}

const isOccurrence = (run: Run): boolean => run.cause === 'schedule' && run.state !== 'missed'

/** 2: no nominal time twice, no overlap. */
function checkNoDoubles(world: World, name: string): void {
  const dues = world.allRuns().filter((run) => run.job === name && isOccurrence(run) && run.reason !== 'job-deleted')
  assert.equal(new Set(dues.map(({ dueAt }) => dueAt)).size, dues.length, `${name}: a nominal time was queued twice`)
  const spans = world.launches.filter(({ info }) => info.name === `ChronosTask:${name}`)
  for (const [i, { at }] of spans.entries()) {
    const before = spans[i - 1]
    assert.ok(before === undefined || (before.endedAt ?? Infinity) <= at, `${name}: two runs at a time`)
  }
}

/** 1: every nominal time until now is a run, or part of a record of what was missed. */
function checkCovered(world: World, name: string, options: Shape): void {
  const record = world.state.jobs.get(name)
  const { cursor, left } = record ?? assert.fail()
  const runs = world.allRuns().filter((run) => run.job === name && run.cause === 'schedule')
  const covered = runs.reduce((sum, run) => sum + (run.occurrences ?? 1), 0)
  assert.equal(covered, cursor.index, `${name}: ${cursor.index} nominal times have passed`)
  const periodMs = options.periodSeconds * 1000
  const isOver = left === 0
  assert.ok(isOver || (cursor.at ?? Infinity) > world.now || record?.job.disabled, `${name}: it stands still`)
  const latest = Math.max(...runs.map((run) => run.dueAt + ((run.occurrences ?? 1) - 1) * periodMs), -Infinity)
  assert.ok(latest === -Infinity || (latest - firstAt) % periodMs === 0 || runs.length > 0)
}

/** 1 with epsilon: what started did so within its window. */
function checkWindows(world: World, name: string, { epsilonSeconds }: Shape): void {
  if (epsilonSeconds === undefined) return
  for (const run of world.allRuns()) {
    if (run.job !== name || !isOccurrence(run) || run.launchedAt === undefined) continue
    assert.ok(run.launchedAt <= run.dueAt + epsilonSeconds * 1000, `${name}: started after its window`)
  }
}

/** 3: Rn is n. */
function checkRepetitions(world: World, name: string, { repetitions }: Shape): void {
  if (repetitions === undefined) return
  const count = world.allRuns().filter((run) => run.job === name && isOccurrence(run)).length
  assert.ok(count <= repetitions, `${name}: R${repetitions} was queued ${count} times`)
  const { schedule } = world.state.jobs.get(name)?.job.trigger as { schedule: { text: string } }
  assert.match(schedule.text, /^R\d+\//)
}

/** 7: each launched task has one record, and the counters are those of the records. */
function checkHistory(world: World, names: readonly string[]): void {
  const byTask = new Map<string, number>()
  for (const { taskId } of world.allRuns()) if (taskId !== '') byTask.set(taskId, (byTask.get(taskId) ?? 0) + 1)
  for (const { info } of world.launches) assert.equal(byTask.get(info.task_id.value), 1, info.task_id.value)
  for (const name of names) {
    const job = world.state.jobs.get(name)?.job ?? assert.fail()
    const succeeded = world.allRuns().filter((run) => run.job === name && run.state === 'succeeded').length
    const byHand = world.successes.filter((one) => one.job === name).length
    assert.ok(job.successCount >= succeeded && job.successCount <= succeeded + byHand, `${name}: success count`)
    const runs = world.allRuns().filter((run) => run.job === name)
    const failed = runs.filter((run) => run.state === 'failed').length
    const retries = runs.filter((run) => run.cause === 'retry').length
    const superseded = runs.filter((run) => run.cause === 'retry' && run.reason === 'superseded').length
    const disabled = runs.filter((run) => run.cause === 'retry' && run.reason === 'disabled').length
    assert.equal(job.errorCount, failed - retries + superseded, `${name}: error count (${disabled} disabled)`)
  }
}

/** 8: what a listing shows has the same future. */
function checkRendered(world: World, names: readonly string[]): void {
  for (const name of names) {
    const { job, cursor, left } = world.state.jobs.get(name) ?? assert.fail()
    if (job.trigger.type !== 'scheduled' || cursor.at === undefined) continue
    const text = renderSchedule(job.trigger.schedule, cursor, left)
    const parsed = parseSchedule(text, { zone: job.trigger.zone, now: world.now })
    assert.ok(parsed.ok, text)
    const again = upcoming(parsed.schedule, firstCursor(parsed.schedule, world.now), { count: 5, left })
    assert.deepEqual(again, upcoming(job.trigger.schedule, cursor, { count: 5, left }), text)
  }
}

/** 4: between two starts of a child that its parents caused, each parent has succeeded. */
function checkChild(world: World, child: string, parents: readonly string[]): void {
  let previous = -Infinity
  for (const { job, at, cause } of world.starts) {
    if (job !== child) continue
    if (cause === 'parent') {
      for (const parent of parents) {
        const between = world.successes.some((one) => one.job === parent && one.at >= previous && one.at <= at)
        assert.ok(between, `${child} started at ${at} without a success of ${parent} since ${previous}`)
      }
    }
    previous = at
  }
}

/** What is in memory is what a restart would read. */
function checkPersisted(world: World): void {
  const stored = [...world.store.keys()].filter((key) => key.startsWith('runs/')).length
  assert.equal(stored, world.allRuns().length)
}

const parameters = { numRuns: Number(process.env['FC_RUNS'] ?? 500), verbose: 1 } as const
const seeded =
  process.env['FC_SEED'] === undefined ? parameters : { ...parameters, seed: Number(process.env['FC_SEED']) }

const title = 'scheduling keeps its promises over restarts, clock jumps, failures and duplicated updates'
test(`[chronos 21] [chronos 22] [chronos 31] [chronos 32] [chronos 33] [chronos 83] ${title}`, () => {
  fc.assert(
    fc.property(
      fc.array(shape, { minLength: 1, maxLength: 3 }),
      fc.array(action, { maxLength: 40 }),
      fc.nat(),
      (shapes, actions, seed) => {
        const world = new World(seed)
        const names = shapes.map((_, i) => `job${i}`)
        for (const [i, options] of shapes.entries()) put(world, names[i] ?? '', options)
        for (const one of actions) act(world, one, names)
        heal(world)
        for (const [i, options] of shapes.entries()) {
          const name = names[i] ?? ''
          checkNoDoubles(world, name)
          checkCovered(world, name, options)
          checkWindows(world, name, options)
          checkRepetitions(world, name, options)
        }
        checkHistory(world, names)
        checkRendered(world, names)
        checkPersisted(world)
      },
    ),
    seeded,
  )
})

test('[chronos 38] [chronos 39] [chronos 41] [chronos 48] children start after their parents', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat(), (actions, seed) => {
      const world = new World(seed)
      const never = { retries: 1, command: 'true', schedule: 'R/2026-03-01T00:01:00Z/PT90S' }
      for (const name of ['a', 'b'])
        world.command({ type: 'put-job', document: { ...never, name }, endpoint: 'iso8601' })
      const child = { name: 'c', command: 'true', parents: ['a', 'b'], retries: 1 }
      world.command({ type: 'put-job', document: child, endpoint: 'dependency' })
      for (const one of actions) act(world, one, ['a', 'b', 'c'])
      heal(world)
      checkChild(world, 'c', ['a', 'b'])
      for (const name of ['a', 'b', 'c']) checkNoDoubles(world, name)
      checkHistory(world, ['a', 'b', 'c'])
      checkPersisted(world)
    }),
    seeded,
  )
})

test('a deleted job never starts again, and its children live on', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 20 }),
      fc.array(action, { maxLength: 20 }),
      fc.nat(),
      (before, after, seed) => {
        const world = new World(seed)
        const job = { name: 'a', command: 'true', schedule: 'R/2026-03-01T00:01:00Z/PT60S' }
        world.command({ type: 'put-job', document: job, endpoint: 'iso8601' })
        world.command({
          type: 'put-job',
          document: { name: 'c', command: 'true', parents: ['a'] },
          endpoint: 'dependency',
        })
        for (const one of before) act(world, one, ['a', 'c'])
        assert.equal(world.command({ type: 'delete-job', name: 'a' })?.status, 204)
        const launched = world.starts.length
        for (const one of after) act(world, one, ['c'])
        heal(world)
        assert.deepEqual(
          world.starts.slice(launched).filter(({ job: name }) => name === 'a'),
          [],
        )
        assert.equal(world.state.jobs.get('c')?.job.trigger.type, 'scheduled')
      },
    ),
    seeded,
  )
})

import type { scheduler } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metricsView } from '../index.ts'
import type { Reply } from '../index.ts'
import { World } from '../testing/world.ts'
import type { Scheduler } from '../testing/world.ts'
import { rateLimitsSchema, readRateLimits } from './form.ts'
import type { RateLimitsForm } from './form.ts'

const limited = (form: RateLimitsForm): World =>
  new World({ config: { rateLimits: readRateLimits(rateLimitsSchema.parse(form)) } })

const counts = (world: World, principal: string): (number | undefined)[] => {
  const metrics = new Map(metricsView(world.master, world.now))
  return ['received', 'processed'].map((name) => metrics.get(`frameworks/${principal}/messages_${name}`))
}
const statusesOf = (replies: readonly (Reply | undefined)[]): unknown[] => replies.map((reply) => reply?.status)
const revive: scheduler.Call = { type: 'REVIVE' }
const revives = (world: World, s: Scheduler, count: number): (Reply | undefined)[] =>
  Array.from({ length: count }, () => world.call(s, revive))
const errorsOf = (world: World, { streamId }: Scheduler): string[] =>
  world.eventsOf(streamId).flatMap(({ error }) => error?.message ?? [])

suite('[mesos 211] calls of a principal', () => {
  test('are carried out at its rate, in order; what was received and processed differs meanwhile', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 2 }] })
    const s = world.subscribe({ principal: 'p' })
    assert.deepEqual(statusesOf(revives(world, s, 5)), [202, 202, 202, 202, 202])
    assert.deepEqual(counts(world, 'p'), [5, 1])
    const processed = [499, 1, 500, 500, 500, 500].map((ms) => {
      world.advance(ms)
      return counts(world, 'p')[1]
    })
    assert.deepEqual(processed, [1, 2, 3, 4, 5, 5])
  })

  test('take effect only when they have their turn', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1 }] })
    world.addAgent()
    const s = world.subscribe({ principal: 'p' })
    world.call(s, revive)
    world.call(s, { type: 'SUPPRESS' })
    const suppressed = () => world.master.frameworks.get(s.id)?.suppressed.size
    assert.equal(suppressed(), 0)
    world.advance(1000)
    assert.equal(suppressed(), 1)
  })

  test('are dropped beyond the capacity, which the framework hears by an ERROR', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1, capacity: 2 }] })
    const s = world.subscribe({ principal: 'p' })
    const replies = revives(world, s, 4)
    assert.deepEqual(statusesOf(replies), [202, 202, 202, 429])
    const text = 'Message REVIVE dropped: capacity(2) exceeded'
    assert.equal(replies[3]?.text, text)
    assert.deepEqual(errorsOf(world, s), [text])
    world.advance(10_000)
    assert.deepEqual(counts(world, 'p'), [4, 3])
  })

  test('of all its frameworks count together', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1, capacity: 1 }] })
    const [a, b] = [world.subscribe({ principal: 'p' }), world.subscribe({ principal: 'p', name: 'g' })]
    const replies = [a, b, a].map((s) => world.call(s, revive))
    assert.deepEqual(statusesOf(replies), [202, 202, 429])
    assert.deepEqual([errorsOf(world, a).length, errorsOf(world, b).length], [1, 0])
  })

  test('are never held back without qps, nor is anybody whom no limit is for', () => {
    const world = limited({ limits: [{ principal: 'p' }], aggregate_default_qps: 1, aggregate_default_capacity: 1 })
    const p = world.subscribe({ principal: 'p' })
    revives(world, p, 10)
    assert.deepEqual(counts(world, 'p'), [10, 10])
    const open = limited({ limits: [{ principal: 'p', qps: 1 }] })
    const q = open.subscribe({ principal: 'q' })
    revives(open, q, 10)
    assert.deepEqual(counts(open, 'q'), [10, 10])
  })

  test('share the default with all that have no limit of their own, or no principal', () => {
    const world = limited({ aggregate_default_qps: 1, aggregate_default_capacity: 1 })
    const all = [world.subscribe({ principal: 'a' }), world.subscribe({ principal: 'b' }), world.subscribe()]
    assert.deepEqual(statusesOf(all.map((s) => world.call(s, revive))), [202, 202, 429])
  })

  test('that are refused take no turn from anybody', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1, capacity: 1 }] })
    const s = world.subscribe({ principal: 'p' })
    const wrong = Array.from({ length: 5 }, () => world.call(s, revive, 'another stream'))
    assert.deepEqual(statusesOf(wrong), [400, 400, 400, 400, 400])
    assert.deepEqual([world.call(s, revive)?.status, counts(world, 'p')], [202, [1, 1]])
  })

  test('are carried out before the end of the stream that they came on', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1 }] })
    const s = world.subscribe({ principal: 'p', failover_timeout: 0 })
    revives(world, s, 3)
    world.disconnect(s)
    const isThere = () => world.master.frameworks.has(s.id)
    world.advance(1000)
    assert.deepEqual([isThere(), counts(world, 'p')], [true, [3, 2]])
    world.advance(1000)
    assert.equal(isThere(), false)
    assert.deepEqual(counts(world, 'p'), [undefined, undefined], 'counters go with the last framework')
  })

  test('that waited for a stream that is no more are dropped', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1 }] })
    const s = world.subscribe({ principal: 'p' })
    world.call(s, revive)
    world.call(s, { type: 'TEARDOWN' })
    const back = world.subscribe({ ...s.info })
    world.advance(1000)
    assert.equal(world.master.frameworks.has(back.id), true)
  })

  test('UPDATE_FRAMEWORK is answered when it had its turn', () => {
    const world = limited({ limits: [{ principal: 'p', qps: 1 }] })
    const s = world.subscribe({ principal: 'p' })
    world.call(s, revive)
    const framework_info = { ...s.info, name: 'new' }
    assert.equal(world.call(s, { type: 'UPDATE_FRAMEWORK', update_framework: { framework_info } }), undefined)
    world.advance(1000)
    assert.deepEqual([...world.replies.values()].at(-1), { status: 200 })
    assert.equal(world.master.frameworks.get(s.id)?.info.name, 'new')
  })
})

suite('[mesos 211] limits that are not understood are refused', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ limits: [{ principal: 'p', qps: 0 }] }, /qps/],
    [{ limits: [{ qps: 1 }] }, /principal/],
    [{ limits: [{ principal: 'p' }, { principal: 'p', qps: 1 }] }, /limits\.1\.principal names 'p' twice/],
    [{ aggregate_default_qps: -1 }, /aggregate_default_qps/],
    [{ limit: [] }, /limit/],
  ]
  for (const [form, why] of cases) {
    test(JSON.stringify(form), () => {
      const issues = rateLimitsSchema.safeParse(form).error?.issues ?? []
      assert.match(issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n'), why)
    })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsView } from '../index.ts'
import { World } from '../testing/world.ts'

test('a long allocation goes on by a timer, and what comes in meanwhile is not held up', () => {
  const world = new World({ config: { allocationWorkMax: 20 } })
  for (let i = 0; i < 30; i++) world.addAgent(undefined, { hostname: `h${i}`, port: 6000 + i })
  const s = world.subscribe()
  const offered = world.offers(s).length
  assert.ok(offered > 0 && offered < 10, `${offered} at once`)
  assert.equal(world.call(s, { type: 'SUPPRESS', suppress: { roles: ['none'] } })?.status, 202)
  assert.equal(world.offers(s).length, offered, 'other inputs do not go on with the run')
  world.advance(0)
  assert.equal(world.offers(s).length, 30)
  assert.ok(!world.timers.has('allocation-rest'))
})

test('[mesos 53] what is given back is offered again at the next interval of the flag', () => {
  const world = new World({ config: { allocationIntervalMs: 5000 } })
  world.addAgent()
  const s = world.subscribe()
  world.advance(100)
  const offer = world.offer(s)
  world.call(s, { type: 'DECLINE', decline: { offer_ids: [offer.id], filters: { refuse_seconds: 0 } } })
  world.advance(4800)
  assert.equal(world.offers(s).length, 0)
  world.advance(200)
  assert.equal(world.offers(s).length, 1)
})

test('a framework that suppresses its roles gets nothing of the rest of a run', () => {
  const world = new World({ config: { allocationWorkMax: 20 } })
  for (let i = 0; i < 30; i++) world.addAgent(undefined, { hostname: `h${i}`, port: 6000 + i })
  const s = world.subscribe()
  const offered = world.offers(s).length
  world.call(s, { type: 'SUPPRESS', suppress: {} })
  world.advance(3000)
  assert.equal(world.offers(s).length, offered)
})

test('[mesos 19] agents that are not on the whitelist are offered again once there is none', () => {
  const world = new World()
  world.addAgent(undefined, { hostname: 'h1', port: 6001 })
  world.do({ type: 'whitelist', hostnames: ['h2'] })
  const s = world.subscribe()
  world.advance(3000)
  assert.equal(world.offers(s).length, 0)
  world.do({ type: 'whitelist', hostnames: undefined })
  world.advance(1000)
  assert.equal(world.offers(s).length, 1)
})

test('what is offered counts for the share of its role, and under its quota', () => {
  const world = new World()
  world.addAgent('cpus:4;mem:1024')
  world.operate({
    type: 'UPDATE_QUOTA',
    update_quota: { force: true, quota_configs: [{ role: 'r', guarantees: {}, limits: { cpus: { value: 3 } } }] },
  })
  const s = world.subscribe()
  assert.equal(world.offers(s).length, 1)
  const metrics = metricsView(world.master, world.now)
  assert.equal(metrics.get('allocator/mesos/quota/roles/r/resources/cpus/offered_or_allocated'), 3)
  assert.equal(metrics.get('allocator/mesos/quota/roles/r/resources/cpus/limit'), 3)
  assert.equal(metrics.get('allocator/mesos/roles/r/shares/dominant'), 1)
  assert.ok((metrics.get('allocator/mesos/allocation_runs') ?? 0) >= 1)
})

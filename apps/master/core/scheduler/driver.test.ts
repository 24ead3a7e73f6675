import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { World } from '../testing/world.ts'

const pid = 'scheduler(1)@127.0.0.1:4000'
const otherPid = 'scheduler(1)@127.0.0.1:4001'
const again = { pid, force: false }
const other = { pid: otherPid, force: false }
const taking = { pid: otherPid, force: true }

const idOf = (id: string): Partial<mesos.FrameworkInfo> => ({ id: { value: id } })
const typesOf = (world: World, streamId: string) => world.eventsOf(streamId).map((event) => event.type)
const errorOf = (world: World, streamId: string) =>
  world.eventsOf(streamId).find((event) => event.error)?.error?.message

suite('[mesos 41] the subscription of an old (v0) driver', () => {
  test('gets an id and no heartbeats, and is known by its process id', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    world.advance(60_000)
    assert.equal(s.id, 'M-0000')
    assert.deepEqual(typesOf(world, s.streamId), ['SUBSCRIBED'])
    assert.equal(world.master.frameworks.get(s.id)?.pid, pid)
    assert.ok(!world.welcomedBack.has(s.streamId))
  })

  test('that registers twice has one framework and is answered twice', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    const retry = world.subscribe({}, {}, again)
    assert.deepEqual([...world.master.frameworks.keys()], [s.id])
    assert.deepEqual(typesOf(world, s.streamId), ['SUBSCRIBED', 'SUBSCRIBED'])
    assert.deepEqual(typesOf(world, retry.streamId), [])
    assert.ok(world.ended.has(retry.streamId))
  })

  test('at the address of one that is gone has a framework of its own', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    world.disconnect(s)
    assert.equal(world.subscribe({}, {}, again).id, 'M-0001')
  })

  test('that registers again under its id is back: the old stream ends without an error, its offers are offered anew', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe({}, {}, again)
    world.advance(1000)
    const [offer] = world.offers(s)
    const back = world.subscribe(idOf(s.id), {}, again)
    assert.equal(back.id, s.id)
    assert.ok(world.welcomedBack.has(back.streamId))
    assert.ok(world.ended.has(s.streamId))
    assert.equal(errorOf(world, s.streamId), undefined)
    world.advance(1000)
    assert.ok(offer && !world.master.offers.has(offer.id.value))
    assert.equal(world.offers(back).length, 1)
  })

  for (const away of [false, true]) {
    test(`in another process does not get the framework of one that is ${away ? 'away' : 'there'} without force`, () => {
      const world = new World()
      const s = world.subscribe({}, {}, again)
      if (away) world.disconnect(s)
      const intruder = world.subscribe(idOf(s.id), {}, other)
      assert.equal(errorOf(world, intruder.streamId), 'Framework failed over')
      assert.ok(world.ended.has(intruder.streamId))
      assert.ok(!world.ended.has(s.streamId))
      assert.equal(world.master.frameworks.get(s.id)?.pid, pid)
    })
  }

  test('in another process takes the framework over by force, and the first one hears of it', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    const heir = world.subscribe(idOf(s.id), {}, taking)
    assert.equal(errorOf(world, s.streamId), 'Framework failed over')
    assert.ok(world.ended.has(s.streamId))
    assert.equal(heir.id, s.id)
    assert.ok(!world.welcomedBack.has(heir.streamId))
    assert.equal(world.master.frameworks.get(s.id)?.pid, otherPid)
  })

  test('that repeats its takeover is not told that it failed over', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    const heir = world.subscribe(idOf(s.id), {}, taking)
    const retry = world.subscribe(idOf(s.id), {}, taking)
    assert.equal(errorOf(world, heir.streamId), undefined)
    assert.deepEqual(typesOf(world, retry.streamId), ['SUBSCRIBED'])
  })

  test('may come back to a master that does not know it, from any process', () => {
    const world = new World()
    const s = world.subscribe(idOf('old'), {}, other)
    assert.equal(s.id, 'old')
    assert.ok(!world.welcomedBack.has(s.streamId))
  })

  test('of a process that has another framework is not heard', () => {
    const world = new World()
    const s = world.subscribe({}, {}, again)
    const stranger = world.subscribe(idOf('another'), {}, again)
    assert.deepEqual(typesOf(world, stranger.streamId), [])
    assert.ok(world.ended.has(stranger.streamId))
    assert.deepEqual([...world.master.frameworks.keys()], [s.id])
  })

  test('and a client of the v1 API take a framework from each other', () => {
    const world = new World()
    const client = world.subscribe()
    assert.equal(errorOf(world, world.subscribe(idOf(client.id), {}, again).streamId), 'Framework failed over')
    const driver = world.subscribe(idOf(client.id), {}, { pid, force: true })
    assert.equal(errorOf(world, client.streamId), 'Framework failed over')
    world.advance(60_000)
    assert.deepEqual(typesOf(world, driver.streamId), ['SUBSCRIBED'])
    const upgraded = world.subscribe(idOf(client.id))
    assert.equal(errorOf(world, driver.streamId), 'Framework failed over')
    assert.deepEqual(typesOf(world, upgraded.streamId), ['SUBSCRIBED', 'HEARTBEAT'])
    assert.equal(world.master.frameworks.get(client.id)?.pid, undefined)
  })

  test('that was aborted gets no offers until it registers again', () => {
    const world = new World()
    world.addAgent()
    const s = world.subscribe({}, {}, again)
    world.advance(1000)
    assert.equal(world.offers(s).length, 1)
    world.do({ type: 'deactivate-framework', streamId: 'not its own', frameworkId: s.id })
    assert.equal(world.offers(s).length, 1)
    world.do({ type: 'deactivate-framework', streamId: s.streamId, frameworkId: s.id })
    world.advance(60_000)
    assert.equal(world.offers(s).length, 0)
    assert.equal(world.master.frameworks.get(s.id)?.connection.state, 'connected')
    const back = world.subscribe(idOf(s.id), {}, again)
    world.advance(1000)
    assert.equal(world.offers(back).length, 1)
  })

  test('that is gone has failover_timeout to return', () => {
    const world = new World()
    const s = world.subscribe({ failover_timeout: 30 }, {}, again)
    world.disconnect(s)
    world.advance(29_000)
    assert.ok(world.master.frameworks.has(s.id))
    world.advance(2_000)
    assert.ok(!world.master.frameworks.has(s.id))
    assert.match(errorOf(world, world.subscribe(idOf(s.id), {}, taking).streamId) ?? '', /Framework has been removed/)
  })
})

import { createRandom } from '@thermosphere/effects'
import type { scheduler } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SchedulerConnection } from './scheduler-connection.ts'
import type { DialHandlers, DialOutcome, SchedulerCall } from './scheduler-connection.ts'

type Dialled = {
  readonly master: string
  readonly subscribe: scheduler.Call
  readonly on: DialHandlers
  readonly sent: scheduler.Call[]
  readonly answers: ((status: number | undefined) => void)[]
  isClosed: boolean
}

class World {
  readonly dialled: Dialled[] = []
  readonly events: string[] = []
  readonly connection: SchedulerConnection
  now = 0
  #timers: { at: number; run: () => void; isLive: boolean }[] = []

  constructor() {
    this.connection = new SchedulerConnection({
      masters: ['m1', 'm2'],
      clock: { now: () => this.now, after: (ms, run) => this.#after(ms, run) },
      random: createRandom(1),
      frameworkInfo: () => ({ user: 'root', name: 'x' }),
      onEvent: ({ type }) => this.events.push(String(type)),
      onDisconnected: () => this.events.push('disconnected'),
      onFatal: (message) => this.events.push(`fatal: ${message}`),
      dial: (master, subscribe, on) => {
        const one: Dialled = { master, subscribe, on, sent: [], answers: [], isClosed: false }
        this.dialled.push(one)
        return {
          send: (call, done) => {
            one.sent.push(call)
            one.answers.push(done)
          },
          close: () => void (one.isClosed = true),
        }
      },
    })
    this.connection.start()
  }

  get last(): Dialled {
    const last = this.dialled.at(-1)
    assert.ok(last)
    return last
  }

  subscribed(): Dialled {
    const { last } = this
    last.on.onEvent({
      type: 'SUBSCRIBED',
      subscribed: { framework_id: { value: 'f' }, heartbeat_interval_seconds: 15 },
    })
    return last
  }

  end(outcome: DialOutcome): void {
    this.last.on.onEnd(outcome)
  }

  advance(ms: number): void {
    this.now += ms
    for (const timer of this.#timers.filter(({ at, isLive }) => isLive && at <= this.now)) {
      timer.isLive = false
      timer.run()
    }
  }

  #after(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, run, isLive: true }
    this.#timers.push(timer)
    return () => void (timer.isLive = false)
  }
}

const revive: SchedulerCall = { type: 'REVIVE' }
const suppress: SchedulerCall = { type: 'SUPPRESS' }

test('a follower names the leader, which is dialled at once', () => {
  const world = new World()
  world.end({ type: 'moved', to: 'm2' })
  assert.deepEqual(
    world.dialled.map(({ master }) => master),
    ['m1', 'm2'],
  )
})

test('masters that point at each other are left in peace after three redirects', () => {
  const world = new World()
  for (let i = 0; i < 4; i++) world.end({ type: 'moved', to: 'm1' })
  assert.equal(world.dialled.length, 4)
  world.advance(6_000)
  assert.equal(world.dialled.length, 5)
})

test('a call without a subscription goes nowhere', () => {
  const world = new World()
  assert.equal(world.connection.call(revive), false)
})

test('calls go out one after another and carry the framework id', () => {
  const world = new World()
  const stream = world.subscribed()
  world.connection.call(revive)
  world.connection.call(suppress)
  assert.deepEqual(
    stream.sent.map(({ type, framework_id }) => [type, framework_id?.value]),
    [['REVIVE', 'f']],
  )
  stream.answers[0]?.(202)
  assert.deepEqual(
    stream.sent.map(({ type }) => type),
    ['REVIVE', 'SUPPRESS'],
  )
})

test('calls that wait are lost with their connection, and the framework resubscribes with its id', () => {
  const world = new World()
  const stream = world.subscribed()
  world.connection.call(revive)
  world.connection.call(suppress)
  stream.answers[0]?.(undefined)
  assert.equal(stream.isClosed, true)
  assert.deepEqual(world.events, ['SUBSCRIBED', 'disconnected'])
  world.advance(5_000)
  assert.equal(world.last.subscribe.framework_id?.value, 'f')
  world.subscribed()
  assert.deepEqual(world.last.sent, [])
})

test('a call that meets a master which does not lead ends the subscription; a refused update of the framework does not', () => {
  const world = new World()
  const stream = world.subscribed()
  world.connection.call({ type: 'UPDATE_FRAMEWORK' })
  stream.answers[0]?.(403)
  assert.equal(world.connection.isConnected, true)
  world.connection.call(revive)
  stream.answers[1]?.(503)
  assert.equal(world.connection.isConnected, false)
})

test('five silent heartbeat intervals end a subscription', () => {
  const world = new World()
  world.subscribed()
  world.advance(74_000)
  assert.equal(world.connection.isConnected, true)
  world.advance(1_000)
  assert.equal(world.connection.isConnected, false)
})

test('an error of the master is final', () => {
  const world = new World()
  world.subscribed()
  world.last.on.onEvent({ type: 'ERROR', error: { message: 'Framework has been removed' } })
  world.advance(60_000)
  assert.equal(world.dialled.length, 1)
  assert.deepEqual(world.events.slice(-2), ['disconnected', 'fatal: Framework has been removed'])
})

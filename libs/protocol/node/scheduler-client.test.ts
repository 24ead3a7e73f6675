import assert from 'node:assert/strict'
import net from 'node:net'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { encodeRecord } from '../record-io.ts'
import { eventually, startFakeServer } from './testing/fake-server.ts'
import type { FakeServerOptions } from './testing/fake-server.ts'
import type * as scheduler from '../wire/scheduler.gen.ts'
import { CallError } from './errors.ts'
import { SchedulerClient } from './scheduler-client.ts'
import type { SchedulerClientOptions } from './scheduler-client.ts'

const names = { callName: 'mesos.v1.scheduler.Call', eventName: 'mesos.v1.scheduler.Event' } as const
type MasterOptions = Partial<FakeServerOptions<'mesos.v1.scheduler.Call', 'mesos.v1.scheduler.Event'>>

const subscribed = (heartbeatSeconds = 15): scheduler.Event => ({
  type: 'SUBSCRIBED',
  subscribed: { framework_id: { value: 'framework-1' }, heartbeat_interval_seconds: heartbeatSeconds },
})

async function startMaster(context: TestContext, options: MasterOptions = {}) {
  const master = await startFakeServer({
    ...names,
    onSubscribe: (subscription) => subscription.send(subscribed()),
    ...options,
  })
  context.after(() => master.close())
  return master
}

function startClient(context: TestContext, masters: readonly string[], options: Partial<SchedulerClientOptions> = {}) {
  const log: string[] = []
  const events: scheduler.Event[] = []
  const client = new SchedulerClient({
    masters,
    frameworkInfo: () => ({ user: 'root', name: 'test' }),
    random: () => 0.5,
    backoff: { minMs: 10, maxMs: 40 },
    onConnected: () => log.push('connected'),
    onDisconnected: (reason) => log.push(`disconnected: ${reason}`),
    onFatal: (message) => log.push(`fatal: ${message}`),
    onEvent: (event) => events.push(event),
    ...options,
  })
  context.after(() => client.close())
  client.start()
  return { client, log, events }
}

const failure = async (promise: Promise<unknown>): Promise<CallError> => {
  const error: unknown = await promise.then(
    () => assert.fail('the call was taken'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof CallError)
  return error
}

const suppress = { type: 'SUPPRESS' } as const

suite('the scheduler client', () => {
  for (const contentType of ['application/json', 'application/x-protobuf'] as const) {
    test(`[mesos 29] subscribes and hands all events over in order in ${contentType}`, async (context) => {
      const master = await startMaster(context)
      const { events, log } = startClient(context, [master.address], { contentType })
      await eventually('connected', () => log.includes('connected'))
      const [subscription] = master.subscriptions
      assert.equal(subscription?.headers['content-type'], contentType)
      assert.deepEqual(subscription?.call.subscribe, {
        framework_info: { user: 'root', name: 'test', ...defaultsOf(contentType) },
      })
      subscription?.send({ type: 'HEARTBEAT' })
      subscription?.send({ type: 'RESCIND', rescind: { offer_id: { value: 'o' } } })
      await eventually('three events', () => events.length === 3)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['SUBSCRIBED', 'HEARTBEAT', 'RESCIND'],
      )
    })
  }

  test('sends calls in order on one connection, with the stream id and the framework id', async (context) => {
    const master = await startMaster(context)
    const { client, log } = startClient(context, [master.address], { credential: { principal: 'p', secret: 's' } })
    await eventually('connected', () => log.includes('connected'))
    const ids = Array.from({ length: 30 }, (_, index) => `task-${index}`)
    await Promise.all(ids.map((id) => client.call({ type: 'KILL', kill: { task_id: { value: id } } })))
    assert.deepEqual(
      master.calls.map(({ call }) => call.kill?.task_id.value),
      ids,
    )
    for (const { call, headers, socketId } of master.calls) {
      assert.equal(headers['mesos-stream-id'], 'stream-1')
      assert.equal(headers.authorization, `Basic ${btoa('p:s')}`)
      assert.equal(call.framework_id?.value, 'framework-1')
      assert.equal(socketId, 0)
    }
  })
})

suite('the scheduler client and its master', () => {
  test('a secret that cannot be read now is read again later, as while its file is replaced', async (context) => {
    const master = await startMaster(context)
    let attempts = 0
    const credential = () => {
      attempts++
      if (attempts === 1) throw new Error('ENOENT: no such file')
      return { principal: 'p', secret: 's' }
    }
    const { log } = startClient(context, [master.address], { credential })
    await eventually('connected', () => log.includes('connected'))
    assert.equal(attempts, 2)
  })

  test('follows a protocol-relative redirect to the leader', async (context) => {
    const leader = await startMaster(context)
    const headers = { Location: `//${leader.address}/api/v1/scheduler` }
    const follower = await startMaster(context, { refuse: () => ({ status: 307, headers }) })
    const { client, log } = startClient(context, [follower.address])
    await eventually('connected', () => log.includes('connected'))
    await client.call(suppress)
    assert.deepEqual([leader.subscriptions.length, leader.calls.length], [1, 1])
  })

  test('does not spin when two masters point at each other', async (context) => {
    let asked = 0
    const addresses: string[] = []
    const pointTo = (index: number) => () => {
      asked += 1
      return { status: 307, headers: { Location: `//${addresses[index] ?? ''}/api/v1/scheduler` } }
    }
    for (const other of [1, 0]) addresses.push((await startMaster(context, { refuse: pointTo(other) })).address)
    startClient(context, addresses, { backoff: { minMs: 10_000, maxMs: 10_000 } })
    await eventually('each was asked', () => asked === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(asked, 2)
  })

  test('goes to the new leader as soon as its source names one, though the old one is still connected', async (context) => {
    const [first, second] = [await startMaster(context), await startMaster(context)]
    const elected = Promise.withResolvers<string>()
    async function* leaders(): AsyncGenerator<string> {
      yield first.address
      yield await elected.promise
    }
    const { log } = startClient(context, [], { masters: leaders })
    await eventually('connected', () => log.includes('connected'))
    elected.resolve(second.address)
    await eventually('connected to the second', () => second.subscriptions.length === 1 && log.length === 3)
    assert.deepEqual(log, ['connected', 'disconnected: another master leads', 'connected'])
  })

  test('goes on to the next master when one is down or has no leader', async (context) => {
    const master = await startMaster(context)
    const electing = await startMaster(context, { refuse: () => ({ status: 503, text: 'No leader elected' }) })
    const closed = net.createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as net.AddressInfo
    closed.close()
    const { log } = startClient(context, [`127.0.0.1:${port}`, electing.address, `http://${master.address}`])
    await eventually('connected', () => log.includes('connected'))
    assert.deepEqual(log, ['connected'])
  })

  test('resubscribes under its id after the master crashed, and refuses calls meanwhile', async (context) => {
    const master = await startMaster(context)
    const { client, log } = startClient(context, [master.address])
    assert.equal((await failure(client.call(suppress))).code, 'NOT_SUBSCRIBED')
    await eventually('connected', () => log.includes('connected'))
    master.subscriptions[0]?.destroy()
    await eventually('noticed', () => log.length >= 2)
    await eventually('connected again', () => log.filter((line) => line === 'connected').length === 2)
    assert.match(log[1] ?? '', /^disconnected: /)
    const call = master.subscriptions[1]?.call
    assert.equal(call?.framework_id?.value, 'framework-1')
    assert.equal(call?.subscribe?.framework_info.id?.value, 'framework-1')
    await client.call(suppress)
    assert.equal(master.calls.at(-1)?.headers['mesos-stream-id'], 'stream-2')
  })

  test('gives a stream up when heartbeats stop', async (context) => {
    let count = 0
    const onSubscribe: MasterOptions['onSubscribe'] = (subscription) =>
      subscription.send(subscribed((count += 1) === 1 ? 0.02 : 15))
    const master = await startMaster(context, { onSubscribe })
    const { log } = startClient(context, [master.address])
    await eventually('a second subscription', () => master.subscriptions.length === 2)
    await eventually('connected again', () => log.length === 3)
    assert.deepEqual(log, ['connected', 'disconnected: nothing arrived for 100 ms', 'connected'])
  })

  test('stops for good on an ERROR event', async (context) => {
    const onSubscribe: MasterOptions['onSubscribe'] = (subscription) => {
      subscription.send({ type: 'ERROR', error: { message: 'Framework has been removed' } })
      subscription.end()
    }
    const master = await startMaster(context, { onSubscribe })
    const { client, events, log } = startClient(context, [master.address])
    await eventually('fatal', () => log.length > 0)
    assert.deepEqual(log, ['fatal: Framework has been removed'])
    assert.deepEqual(
      events.map(({ type }) => type),
      ['ERROR'],
    )
    await client.close()
    assert.equal(master.subscriptions.length, 1)
  })

  test('stops for good when the subscription itself is refused', async (context) => {
    const master = await startMaster(context, { refuse: () => ({ status: 401, text: 'who?' }) })
    const { log } = startClient(context, [master.address])
    await eventually('fatal', () => log.length > 0)
    assert.deepEqual(log, ['fatal: 401 who?'])
  })
})

suite('the calls of the scheduler client', () => {
  test('tells the caller why a call was refused', async (context) => {
    const text = "Failed to validate scheduler::Call: Expecting 'kill' to be present"
    const refuse: MasterOptions['refuse'] = (call) => (call.type === 'KILL' ? { status: 400, text } : undefined)
    const master = await startMaster(context, { refuse })
    const { client, log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    const error = await failure(client.call({ type: 'KILL' }))
    assert.deepEqual([error.code, error.status, error.message], ['CALL_REFUSED', 400, `400 ${text}`])
    await client.call(suppress)
    assert.deepEqual(log, ['connected'])
  })

  test('resubscribes when the master does not know its subscription', async (context) => {
    let refusals = 0
    const refuse: MasterOptions['refuse'] = (call) =>
      call.type === 'SUPPRESS' && (refusals += 1) === 1
        ? { status: 403, text: 'Framework is not subscribed' }
        : undefined
    const master = await startMaster(context, { refuse })
    const { client, log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    assert.equal((await failure(client.call(suppress))).status, 403)
    await eventually('connected again', () => log.length === 3)
    await client.call(suppress)
  })

  test('ends a stream that is not RecordIO or not an event', async (context) => {
    const streams = [new TextEncoder().encode('nonsense'), encodeRecord('{"type":'), encodeRecord('{"type":1}')]
    let count = 0
    const onSubscribe: MasterOptions['onSubscribe'] = (subscription) => {
      const bad = streams[count]
      count += 1
      if (bad === undefined) subscription.send(subscribed())
      else subscription.sendRaw(bad)
    }
    const master = await startMaster(context, { onSubscribe })
    const { log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    assert.equal(master.subscriptions.length, 4)
  })

  test('acknowledges only updates that carry a uuid', async (context) => {
    const master = await startMaster(context)
    const { client, log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    const status = { task_id: { value: 't' }, agent_id: { value: 'a' }, state: 'TASK_RUNNING' } as const
    await client.acknowledge(status)
    await client.acknowledge({ ...status, uuid: new Uint8Array(16).fill(1) })
    assert.deepEqual(
      master.calls.map(({ call }) => call.acknowledge),
      [{ agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: new Uint8Array(16).fill(1) }],
    )
  })

  test('sends calls in order on one connection, and acknowledgements on another beside it', async (context) => {
    const master = await startMaster(context)
    const { client, log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    const acknowledge = (n: number): Promise<void> =>
      client.acknowledge({
        task_id: { value: `t${n}` },
        agent_id: { value: 'a' },
        state: 'TASK_RUNNING',
        uuid: new Uint8Array(16).fill(n),
      })
    const numbers = Array.from({ length: 40 }, (_, index) => index)
    await Promise.all(
      numbers.flatMap((n) => [acknowledge(n), client.call({ type: 'REVIVE', revive: { roles: [`r${n}`] } })]),
    )
    const socketsOf = (type: string): number[] =>
      master.calls.filter(({ call }) => call.type === type).map(({ socketId }) => socketId)
    assert.equal(new Set(socketsOf('REVIVE')).size, 1)
    assert.equal(new Set(socketsOf('ACKNOWLEDGE')).size, 1)
    assert.notEqual(socketsOf('ACKNOWLEDGE')[0], socketsOf('REVIVE')[0])
    assert.deepEqual(
      master.calls.flatMap(({ call }) => call.revive?.roles ?? []),
      numbers.map((n) => `r${n}`),
    )
    assert.equal(socketsOf('ACKNOWLEDGE').length, numbers.length)
  })

  test('uses a fresh connection when the kept one was closed while idle', async (context) => {
    const master = await startMaster(context)
    const { client, log } = startClient(context, [master.address])
    await eventually('connected', () => log.includes('connected'))
    await client.call(suppress)
    master.dropIdleConnections()
    await client.call(suppress)
    assert.deepEqual([master.calls.length, log], [2, ['connected']])
  })

  test('closes while it is connecting, waiting or connected', async (context) => {
    const silent = net.createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as net.AddressInfo
    const { client } = startClient(context, [`127.0.0.1:${port}`])
    await once(silent, 'connection')
    await client.close()
    silent.close()
    const waiting = startClient(context, [`127.0.0.1:${port}`], { backoff: { minMs: 60_000, maxMs: 60_000 } })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await waiting.client.close()
    const master = await startMaster(context)
    const connected = startClient(context, [master.address])
    await eventually('connected', () => connected.log.includes('connected'))
    await connected.client.close()
    assert.deepEqual(connected.log, ['connected', 'disconnected: closed by the framework'])
  })

  test('refuses addresses that are none', () => {
    const onFatal = () => assert.fail('not fatal')
    const options = { frameworkInfo: () => ({ user: 'u', name: 'n' }), onEvent: () => undefined, onFatal }
    assert.throws(() => new SchedulerClient({ ...options, masters: [] }), /no address/)
    assert.throws(() => new SchedulerClient({ ...options, masters: ['ftp://h'] }), /neither http nor https/)
    assert.throws(() => new SchedulerClient({ ...options, masters: ['a b'] }), /not the address/)
  })
})

function defaultsOf(contentType: string): object {
  return contentType === 'application/json' ? { failover_timeout: 0, checkpoint: false } : {}
}

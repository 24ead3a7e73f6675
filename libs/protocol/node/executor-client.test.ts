import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { eventually, startFakeServer } from './testing/fake-server.ts'
import type { FakeServerOptions } from './testing/fake-server.ts'
import type * as executor from '../wire/executor.gen.ts'
import { ExecutorClient } from './executor-client.ts'
import type { ExecutorClientOptions } from './executor-client.ts'
import { parseExecutorSettings } from './executor-settings.ts'

const names = { callName: 'mesos.v1.executor.Call', eventName: 'mesos.v1.executor.Event' } as const
type AgentOptions = Partial<FakeServerOptions<'mesos.v1.executor.Call', 'mesos.v1.executor.Event'>>

const subscribed: executor.Event = {
  type: 'SUBSCRIBED',
  subscribed: {
    executor_info: { executor_id: { value: 'e' } },
    framework_info: { user: 'root', name: 'test' },
    agent_info: { hostname: 'h' },
  },
}
const launch: executor.Event = {
  type: 'LAUNCH',
  launch: { task: { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' } } },
}
const running = { task_id: { value: 't' }, state: 'TASK_RUNNING' } as const
const acknowledged = (uuid: Uint8Array): executor.Event => ({
  type: 'ACKNOWLEDGED',
  acknowledged: { task_id: { value: 't' }, uuid },
})

async function startAgent(context: TestContext, options: AgentOptions = {}) {
  const onSubscribe: AgentOptions['onSubscribe'] = (subscription) => subscription.send(subscribed)
  const agent = await startFakeServer({ ...names, onSubscribe, ...options })
  context.after(() => agent.close())
  return agent
}

function startClient(
  context: TestContext,
  environment: Record<string, string>,
  options: Partial<ExecutorClientOptions> = {},
) {
  const log: string[] = []
  const events: executor.Event[] = []
  const base = { MESOS_FRAMEWORK_ID: 'f', MESOS_EXECUTOR_ID: 'e', MESOS_SUBSCRIPTION_BACKOFF_MAX: '20ms' }
  const client = new ExecutorClient({
    settings: parseExecutorSettings({ ...base, ...environment }),
    random: () => 0.05,
    onEvent: (event) => events.push(event),
    onConnected: () => log.push('connected'),
    onDisconnected: () => log.push('disconnected'),
    onShutdown: (reason) => log.push(`shutdown: ${reason}`),
    ...options,
  })
  context.after(() => client.close())
  client.start()
  return { client, log, events }
}

suite('the executor client', () => {
  for (const contentType of ['application/json', 'application/x-protobuf'] as const) {
    test(`subscribes, updates and is acknowledged in ${contentType}`, async (context) => {
      const agent = await startAgent(context)
      const { client, log, events } = startClient(context, { MESOS_AGENT_ENDPOINT: agent.address }, { contentType })
      await eventually('connected', () => log.includes('connected'))
      assert.deepEqual(agent.subscriptions[0]?.call.subscribe, {})
      client.update(running)
      await eventually('the update', () => agent.calls.length === 1)
      const { call } = agent.calls[0]!
      assert.deepEqual([call.framework_id.value, call.executor_id.value, call.type], ['f', 'e', 'UPDATE'])
      const { status } = call.update!
      assert.equal(status.source, 'SOURCE_EXECUTOR')
      assert.equal(status.uuid?.length, 16)
      assert.ok(Math.abs((status.timestamp ?? 0) * 1000 - Date.now()) < 60_000)
      agent.subscriptions[0]?.send(acknowledged(status.uuid))
      await eventually('the acknowledgement', () => events.at(-1)?.type === 'ACKNOWLEDGED')
      await client.message(Uint8Array.of(1))
      assert.deepEqual(agent.calls[1]?.call.message?.data, Uint8Array.of(1))
    })
  }

  test('repeats unacknowledged tasks and updates after the agent restarted', async (context) => {
    const agent = await startAgent(context)
    const environment = { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '1' }
    const { client, log, events } = startClient(context, environment)
    await eventually('connected', () => log.includes('connected'))
    agent.subscriptions[0]?.send(launch)
    await eventually('the task', () => events.at(-1)?.type === 'LAUNCH')
    client.update({ ...running, state: 'TASK_STARTING' })
    client.update(running)
    await eventually('the updates', () => agent.calls.length === 2)
    agent.subscriptions[0]?.destroy()
    await eventually('connected again', () => log.length === 3)
    const repeated = agent.subscriptions[1]?.call.subscribe
    assert.deepEqual(
      repeated?.unacknowledged_tasks?.map((task) => task.task_id.value),
      ['t'],
    )
    assert.deepEqual(
      repeated?.unacknowledged_updates?.map(({ status }) => status.state),
      ['TASK_STARTING', 'TASK_RUNNING'],
    )
    for (const { status } of repeated?.unacknowledged_updates ?? []) {
      agent.subscriptions[1]?.send(acknowledged(status.uuid!))
    }
    await eventually('the acknowledgements', () => events.at(-1)?.type === 'ACKNOWLEDGED')
    agent.subscriptions[1]?.destroy()
    await eventually('a third subscription', () => agent.subscriptions.length === 3)
    assert.deepEqual(agent.subscriptions[2]?.call.subscribe, {})
  })

  test('sends updates that were made while the agent was away', async (context) => {
    const agent = await startAgent(context, { onSubscribe: () => undefined })
    const environment = { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '1' }
    const { client } = startClient(context, environment)
    client.update(running)
    await eventually('a subscription', () => agent.subscriptions.length === 1)
    agent.subscriptions[0]?.destroy()
    await eventually('a second one', () => agent.subscriptions.length === 2)
    assert.equal(agent.subscriptions[1]?.call.subscribe?.unacknowledged_updates?.length, 1)
  })

  test('sends updates that were made before the agent answered its subscription, and those that it told once', async (context) => {
    const agent = await startAgent(context, { onSubscribe: () => undefined })
    const { client, log } = startClient(context, { MESOS_AGENT_ENDPOINT: agent.address })
    client.update({ ...running, state: 'TASK_STARTING' })
    await eventually('a subscription', () => agent.subscriptions.length === 1)
    client.update(running)
    agent.subscriptions[0]?.send(subscribed)
    await eventually('connected', () => log.includes('connected'))
    client.update({ ...running, state: 'TASK_FINISHED' })
    await eventually('the updates', () => agent.calls.length === 2)
    const told = agent.subscriptions[0]?.call.subscribe?.unacknowledged_updates?.map(({ status }) => status.state)
    assert.deepEqual(told, ['TASK_STARTING'])
    assert.deepEqual(
      agent.calls.map(({ call }) => call.update?.status.state),
      ['TASK_RUNNING', 'TASK_FINISHED'],
    )
  })

  test('ends with its agent when it does not checkpoint', async (context) => {
    const agent = await startAgent(context)
    const { log } = startClient(context, { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '0' })
    await eventually('connected', () => log.includes('connected'))
    agent.subscriptions[0]?.destroy()
    await eventually('shut down', () => log.length === 3)
    assert.deepEqual(log.slice(0, 2), ['connected', 'disconnected'])
    assert.match(log[2] ?? '', /^shutdown: /)
  })

  test('waits for its agent until the recovery timeout', async (context) => {
    let isRecovering = true
    const refuse: AgentOptions['refuse'] = () =>
      isRecovering ? { status: 503, text: 'Agent has not finished recovery' } : undefined
    const agent = await startAgent(context, { refuse })
    const environment = { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '1', MESOS_RECOVERY_TIMEOUT: '100ms' }
    const { log } = startClient(context, environment)
    await eventually('shut down', () => log.length === 1)
    assert.equal(log[0], 'shutdown: the agent did not return: 503 Agent has not finished recovery')
    isRecovering = false
    const later = startClient(context, environment)
    await eventually('connected', () => later.log.includes('connected'))
  })

  test('shuts down once when the agent asks for it', async (context) => {
    const agent = await startAgent(context)
    const { log } = startClient(context, { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '1' })
    await eventually('connected', () => log.includes('connected'))
    agent.subscriptions[0]?.send({ type: 'SHUTDOWN' })
    agent.subscriptions[0]?.end()
    await eventually('disconnected', () => log.includes('disconnected'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(log, ['connected', 'shutdown: the agent asked for it', 'disconnected'])
    assert.equal(agent.subscriptions.length, 1)
  })

  test('shuts down when its subscription is refused', async (context) => {
    const agent = await startAgent(context, { refuse: () => ({ status: 400, text: 'Executor cannot be found' }) })
    const { log } = startClient(context, { MESOS_AGENT_ENDPOINT: agent.address, MESOS_CHECKPOINT: '1' })
    await eventually('shut down', () => log.length === 1)
    assert.deepEqual(log, ['shutdown: 400 Executor cannot be found'])
  })

  test('speaks over the domain socket of the agent, with its token', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'executor-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const socketPath = join(folder, 'agent.sock')
    const paths: (string | undefined)[] = []
    const refuse: AgentOptions['refuse'] = (_call, request) => {
      paths.push(request.url)
      return undefined
    }
    const agent = await startAgent(context, { socketPath, refuse })
    const { log } = startClient(context, {
      MESOS_AGENT_ENDPOINT: '127.0.0.1:1',
      MESOS_SLAVE_PID: 'slave(1)@127.0.0.1:5051',
      MESOS_DOMAIN_SOCKET: socketPath,
      MESOS_EXECUTOR_AUTHENTICATION_TOKEN: 'jwt',
    })
    await eventually('connected', () => log.includes('connected'))
    assert.deepEqual(paths, ['/slave(1)/api/v1/executor'])
    assert.equal(agent.subscriptions[0]?.headers.authorization, 'Bearer jwt')
  })
})

suite('the settings of an executor', () => {
  const environment = { MESOS_FRAMEWORK_ID: 'f', MESOS_EXECUTOR_ID: 'e', MESOS_AGENT_ENDPOINT: '10.0.0.1:5051' }

  test('have the defaults of Mesos', () => {
    assert.deepEqual(parseExecutorSettings({ ...environment, MESOS_DIRECTORY: '/d' }), {
      frameworkId: 'f',
      executorId: 'e',
      agentEndpoint: '10.0.0.1:5051',
      domainSocket: undefined,
      agentComponent: 'slave(1)',
      sandbox: '/d',
      isCheckpointing: false,
      shutdownGraceMs: 5000,
      recoveryTimeoutMs: 900_000,
      backoffMaxMs: 2000,
      authenticationToken: undefined,
    })
  })

  test('read durations in the units of Mesos', () => {
    const durations = { '5secs': 5000, '15mins': 900_000, '1.5hrs': 5_400_000, '250ms': 250, '2weeks': 1_209_600_000 }
    for (const [text, ms] of Object.entries(durations)) {
      const settings = parseExecutorSettings({ ...environment, MESOS_RECOVERY_TIMEOUT: text })
      assert.equal(settings.recoveryTimeoutMs, ms)
    }
  })

  test('name everything that is missing or wrong', () => {
    assert.throws(
      () => parseExecutorSettings({ MESOS_FRAMEWORK_ID: 'f', MESOS_RECOVERY_TIMEOUT: '5 parsecs' }),
      /MESOS_EXECUTOR_ID[^]*MESOS_AGENT_ENDPOINT[^]*'5 parsecs' is not a duration/,
    )
  })
})

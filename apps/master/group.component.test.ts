/** Three masters on one store, their agents and a framework, and what becomes of them when the leader is taken away. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { mesos } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { findMasters } from '@thermosphere/store'
import { EtcdCluster, isSqliteLocked } from '@thermosphere/store/testing'
import { locationOf, look, MasterGroup, post, soon } from './testing/master-group.ts'
import type { ServerProcess } from './testing/master-group.ts'
import { looseJson } from './testing/running-master.ts'

const lease = '--zk_session_timeout=2secs'

const engines: readonly [name: string, store: (context: TestContext) => Promise<(directory: string) => string>][] = [
  ['SQLite', async () => (directory) => `sqlite:${join(directory, 'masters.db')}`],
  [
    'etcd',
    async (context) => {
      const etcd = await EtcdCluster.start()
      context.after(() => etcd.close())
      return () => `etcd://${etcd.endpoints.join()}/thermosphere`
    },
  ],
]

const setWeight = (role: string): RequestInit =>
  post({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role, weight: 2 }] } })

const weightsOf = async (master: ServerProcess): Promise<string[]> =>
  ((await (await look(`${master.url}/weights`)).json()) as { role: string }[]).map(({ role }) => role)

/** On SQLite a process that is stopped amid a commit keeps the file locked, and with it everybody else out. */
async function stopBetweenWrites(server: ServerProcess, store: string): Promise<void> {
  const path = store.startsWith('sqlite:') ? store.slice('sqlite:'.length) : undefined
  await soon('it is stopped between two writes', async () => {
    server.send('SIGSTOP')
    await sleep(20)
    if (path === undefined || !isSqliteLocked(path)) return true
    server.send('SIGCONT')
    return undefined
  })
}

/** A framework that runs one task, and remembers where it was and what it heard of the task. */
class OneTask {
  readonly states: string[] = []
  readonly client: SchedulerClient
  readonly ids = new Set<string>()
  connections = 0
  #agentId: mesos.AgentID | undefined
  #isLaunched = false

  constructor(masters: readonly string[], command: string) {
    this.client = new SchedulerClient({
      masters: findMasters(masters, () => undefined),
      frameworkInfo: () => ({
        user: 'root',
        name: 'one',
        roles: ['r'],
        checkpoint: true,
        failover_timeout: 600,
        capabilities: [{ type: 'MULTI_ROLE' }],
      }),
      onConnected: ({ framework_id }) => {
        this.ids.add(framework_id.value)
        this.connections += 1
      },
      onFatal: (message) => assert.fail(message),
      onEvent: ({ offers, update }) => {
        const [offer] = offers?.offers ?? []
        if (offer !== undefined && !this.#isLaunched) this.#launch(offer, command)
        if (update === undefined) return
        this.states.push(update.status.state)
        this.client.acknowledge(update.status).catch(() => undefined)
      },
    })
    this.client.start()
  }

  /** The answers to an explicit question. */
  async reconcile(): Promise<string[]> {
    const before = this.states.length
    await this.client.call({ type: 'RECONCILE', reconcile: { tasks: [{ task_id: { value: 't' } }] } })
    return soon('an answer', async () => this.states.length > before && this.states.slice(before), 10_000)
  }

  #launch(offer: mesos.Offer, command: string): void {
    this.#isLaunched = true
    this.#agentId = offer.agent_id
    const resources = [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 16 } },
    ] as const
    const task = {
      name: 't',
      task_id: { value: 't' },
      agent_id: this.#agentId,
      resources: [...resources],
      command: { value: command },
    }
    const operations: mesos.Offer_Operation[] = [{ type: 'LAUNCH', launch: { task_infos: [task] } }]
    this.client.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations } }).catch(() => {
      this.#isLaunched = false
    })
  }
}

const agentsBack = (leader: ServerProcess, count: number): Promise<true> =>
  soon(`${count} agents`, async () => {
    const { slaves } = (await looseJson(look(`${leader.url}/slaves`))) as unknown as { slaves: { active: boolean }[] }
    return slaves.filter(({ active }) => active).length === count
  })

for (const [engine, openEngine] of engines) {
  suite(`three masters on ${engine}`, () => {
    test('[mesos 194] [mesos 195] one leads; the others redirect, and answer for themselves', async (context) => {
      const group = await MasterGroup.start(await openEngine(context))
      context.after(() => group.close())
      const leader = await group.leader()
      for (const master of group.masters) {
        const to = `//${leader.address}`
        await soon('the redirect', async () => (await locationOf(`${master.url}/redirect`))[1] === to)
        assert.deepEqual(await locationOf(`${master.url}/master/redirect`), [307, to])
        assert.equal((await locationOf(`${master.url}/redirect/x`))[0], 404)
        for (const path of ['/health', '/version', '/flags', '/master/flags', '/metrics/snapshot', '/logging/toggle'])
          assert.equal((await locationOf(master.url + path))[0], 200, path)
        const metrics = await looseJson(look(`${master.url}/metrics/snapshot`))
        assert.equal(metrics['master/elected'] as unknown, master === leader ? 1 : 0)
        if (master === leader) continue
        for (const path of [
          '/state',
          '/master/state?jsonp=x',
          '/slaves',
          '/tasks?limit=1',
          '/weights',
          '/quota',
          '/teardown',
        ])
          assert.deepEqual(await locationOf(master.url + path), [307, to + path], path)
        for (const path of ['/api/v1', '/api/v1/scheduler', '/master/api/v1/scheduler'])
          assert.deepEqual(await locationOf(master.url + path, post({ type: 'GET_HEALTH' })), [307, to + path], path)
      }
    })

    test('[mesos 194] [mesos 198] kill -9 of the leader: agents and framework follow, the task goes on', async (context) => {
      const group = await MasterGroup.start(await openEngine(context), [lease])
      context.after(() => group.close())
      const first = await group.leader()
      const agents = [await group.addAgent(group.addresses.join())]
      const pidFile = join(group.directory, 'pid')
      const framework = new OneTask(group.addresses, `echo $$ >> ${pidFile}; exec sleep 1000`)
      context.after(() => framework.client.close())
      await soon('the task', async () => framework.states.includes('TASK_RUNNING'))
      assert.equal((await look(`${first.url}/api/v1`, setWeight('kept'))).status, 200)
      const { id: firstId } = await looseJson(look(`${first.url}/state`))
      await first.kill()
      const second = await group.leader(group.masters.filter((master) => master !== first))
      await agentsBack(second, agents.length)
      await soon('the framework', async () => framework.connections === 2 && framework.client.isConnected())
      const state = await looseJson(look(`${second.url}/state`))
      assert.notEqual(state.id, firstId)
      assert.deepEqual(await weightsOf(second), ['kept'])
      assert.equal(framework.ids.size, 1)
      assert.deepEqual(await framework.reconcile(), ['TASK_RUNNING'])
      const pids = (await readFile(pidFile, 'utf8')).trim().split('\n')
      assert.equal(pids.length, 1, 'started once')
      assert.equal(process.kill(Number(pids[0]), 0), true)
      process.kill(Number(pids[0]), 'SIGKILL')
      assert.equal((await second.events('agents.reregistered')).length, 1)
    })

    test('[reliability R10] a leader that is stopped past its lease is replaced; its late write is refused', async (context) => {
      const store = await openEngine(context)
      const group = await MasterGroup.start(store, [lease])
      context.after(() => group.close())
      const first = await group.leader()
      // One agent finds the leader in the store.
      await group.addAgent(store(group.directory))
      await agentsBack(first, 1)
      await stopBetweenWrites(first, store(group.directory))
      // Waits in the socket of the process until that is awake.
      const late = look(`${first.url}/api/v1`, { ...setWeight('late'), signal: AbortSignal.timeout(60_000) })
      const rest = group.masters.filter((master) => master !== first)
      const second = await group.leader(rest)
      await agentsBack(second, 1)
      assert.equal((await look(`${second.url}/api/v1`, setWeight('kept'))).status, 200)
      first.send('SIGCONT')
      const answer = await late
      assert.ok([307, 503].includes(answer.status), `the late write was answered with ${answer.status}`)
      await soon(
        'the redirect',
        async () => (await locationOf(`${first.url}/state`))[1] === `//${second.address}/state`,
      )
      assert.deepEqual(await weightsOf(second), ['kept'])
      assert.equal((await first.events('leader.lost')).length, 1)
      await second.kill()
      const third = await group.leader(group.masters.filter((master) => master !== second))
      assert.deepEqual(await weightsOf(third), ['kept'])
    })
  })
}

/** An executor on Mesos' old Go driver, unmodified, under a v1 framework, a real master and a real agent. */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { MesosPair } from '../harness/mesos-pair.ts'
import { isAlive } from '../harness/processes.ts'
import { frameworkInfo } from '../harness/v1-framework.ts'
import { buildGoProgram, lacksGoDrivers } from './go-program.ts'

const name = 'old-executors'
const executor_id = { value: 'old' }

const scalar = (resource: string, value: number): mesos.Resource => ({
  name: resource,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: name },
})

/** Runs its tasks in one executor, and remembers what it hears of them. */
class ExecutorFramework {
  readonly statuses: mesos.TaskStatus[] = []
  readonly messages: string[] = []
  readonly failures: scheduler.Event_Failure[] = []
  readonly #client: SchedulerClient
  readonly #command: string
  #waiting: string[] = []
  #agentId: mesos.AgentID | undefined

  constructor(master: string, command: string) {
    this.#command = command
    this.#client = new SchedulerClient({
      masters: [master],
      frameworkInfo: () => frameworkInfo({ name, failoverTimeoutSeconds: 60, capabilities: ['PARTITION_AWARE'] }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: () => undefined,
    })
    this.#client.start()
  }

  launch(...ids: string[]): void {
    this.#waiting.push(...ids)
  }

  states(id: string): string[] {
    return this.statuses.filter(({ task_id }) => task_id.value === id).map(({ state }) => state)
  }

  async status(id: string, state: mesos.TaskState): Promise<mesos.TaskStatus> {
    const found = () => this.statuses.find((status) => status.task_id.value === id && status.state === state)
    await eventually(`${id} is ${state}`, () => found() !== undefined, 60_000)
    const status = found()
    assert.ok(status)
    return status
  }

  /** Resolves when it was answered. */
  async ask(text: string): Promise<void> {
    await this.say(text)
    await eventually(`${text} is answered`, () => this.messages.includes(`echo ${text}`), 60_000)
  }

  async say(text: string): Promise<void> {
    const agent_id = this.#agentId ?? { value: '' }
    await this.#client.call({ type: 'MESSAGE', message: { agent_id, executor_id, data: Buffer.from(text) } })
  }

  async kill(id: string): Promise<void> {
    await this.#client.call({ type: 'KILL', kill: { task_id: { value: id } } })
  }

  async shutDownExecutor(): Promise<void> {
    const agent_id = this.#agentId ?? { value: '' }
    await this.#client.call({ type: 'SHUTDOWN', shutdown: { agent_id, executor_id } })
  }

  async close(): Promise<void> {
    await this.#client.call({ type: 'TEARDOWN' }).catch(() => undefined)
    await this.#client.close()
  }

  #onEvent(event: scheduler.Event): void {
    if (event.update !== undefined) {
      this.statuses.push(event.update.status)
      this.#client.acknowledge(event.update.status).catch(() => undefined)
    }
    if (event.message !== undefined) this.messages.push(Buffer.from(event.message.data).toString())
    if (event.failure !== undefined) this.failures.push(event.failure)
    for (const offer of event.offers?.offers ?? []) this.#answer(offer)
  }

  #answer(offer: mesos.Offer): void {
    this.#agentId = offer.agent_id
    const task_infos = this.#waiting.splice(0).map((id): mesos.TaskInfo => ({
      name: id,
      task_id: { value: id },
      agent_id: offer.agent_id,
      resources: [scalar('cpus', 0.1), scalar('mem', 32)],
      executor: {
        executor_id,
        framework_id: offer.framework_id,
        command: { shell: true, value: this.#command },
        resources: [scalar('cpus', 0.1), scalar('mem', 64)],
      },
      data: Buffer.from(id),
    }))
    const operations = task_infos.length === 0 ? [] : [{ type: 'LAUNCH' as const, launch: { task_infos } }]
    const accept = { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0.5 } }
    this.#client.call({ type: 'ACCEPT', accept }).catch(() => undefined)
  }
}

/** What the executor wrote down. */
function notes({ workDir }: MesosPair): string {
  const [path = ''] = globSync(`${workDir}/slaves/*/frameworks/*/executors/${executor_id.value}/runs/latest/stdout`)
  return readFileSync(path, 'utf8')
}

suite('an executor on the Go driver of v0', { skip: lacksGoDrivers() }, () => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-v0-`)
  const program = `${folder}/executor`
  before(() => buildGoProgram('executor.go', program))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('[mesos 112] runs tasks, is spoken to, outlives kill -9 of its agent, and is shut down', async () => {
    const pair = await MesosPair.start({ agentFlags: ['--executor_reregistration_timeout=10secs'] })
    const framework = new ExecutorFramework(pair.master.url, `exec ${program} -logtostderr`)
    try {
      framework.launch('a', 'b')
      const a = await framework.status('a', 'TASK_RUNNING')
      const b = await framework.status('b', 'TASK_RUNNING')
      for (const [id, { data, source }] of [
        ['a', a],
        ['b', b],
      ] as const) {
        assert.equal(Buffer.from(data ?? []).toString(), `data of ${id}`)
        assert.equal(source, 'SOURCE_EXECUTOR')
      }
      const pid = a.container_status?.executor_pid ?? 0
      assert.equal(b.container_status?.executor_pid, pid, 'one executor has both')
      await framework.ask('ping')
      await framework.kill('a')
      await framework.status('a', 'TASK_KILLED')

      await pair.agent.end('SIGKILL')
      pair.agent.start()
      await eventually('the driver is back', () => notes(pair).includes('executor: reregistered on'))
      await eventually('the agent is back', async () => (await pair.activeAgents()) === 1)
      await framework.ask('pong')
      assert.ok(isAlive(pid))
      assert.deepEqual(framework.states('b'), ['TASK_RUNNING'])
      framework.launch('c')
      assert.equal((await framework.status('c', 'TASK_RUNNING')).container_status?.executor_pid, pid)
      await framework.say('finish b')
      await framework.status('b', 'TASK_FINISHED')

      await framework.shutDownExecutor()
      await eventually('the executor has ended', () => !isAlive(pid), 60_000)
      await framework.status('c', 'TASK_FAILED')
      assert.match(notes(pair), /executor: shutdown\n/)
      await eventually('its end is told', () => framework.failures.length > 0)
      assert.deepEqual(framework.failures[0]?.executor_id, executor_id)
    } finally {
      await framework.close()
      await pair.remove()
    }
  })
})

/** An executor on Mesos' old Go driver, unmodified, under a v1 framework, a real master and a real agent. */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { MesosPair } from '../harness/mesos-pair.ts'
import { isAlive } from '../harness/processes.ts'
import { TaskFramework } from '../harness/task-framework.ts'
import { executorTask } from '../harness/v1-framework.ts'
import { buildGoProgram, lacksGoDrivers } from './go-program.ts'

const executor_id = { value: 'old' }

/** What the framework says to the executor on an agent. */
class Conversation {
  readonly #framework: TaskFramework
  readonly #agentId: mesos.AgentID

  constructor(framework: TaskFramework, agentId: mesos.AgentID | undefined) {
    this.#framework = framework
    this.#agentId = agentId ?? { value: '' }
  }

  /** Resolves when it was answered. */
  async ask(text: string): Promise<void> {
    await this.say(text)
    const isAnswer = ({ message }: scheduler.Event): boolean =>
      message !== undefined && Buffer.from(message.data).toString() === `echo ${text}`
    await eventually(`${text} is answered`, () => this.#framework.events.some(isAnswer), 60_000)
  }

  async say(text: string): Promise<void> {
    const message = { agent_id: this.#agentId, executor_id, data: Buffer.from(text) }
    await this.#framework.call({ type: 'MESSAGE', message })
  }

  async shutDown(): Promise<void> {
    await this.#framework.call({ type: 'SHUTDOWN', shutdown: { agent_id: this.#agentId, executor_id } })
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
    const framework = new TaskFramework(pair.master.url)
    const command = `exec ${program} -logtostderr`
    const launch = (id: string): void =>
      framework.launchTask((offer) => executorTask(offer, { id, data: id, executor_id, command }))
    try {
      launch('a')
      launch('b')
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
      const executor = new Conversation(framework, a.agent_id)
      await executor.ask('ping')
      await framework.call({ type: 'KILL', kill: { task_id: { value: 'a' } } })
      await framework.status('a', 'TASK_KILLED')

      await pair.agent.end('SIGKILL')
      pair.agent.start()
      await eventually('the driver is back', () => notes(pair).includes('executor: reregistered on'))
      await eventually('the agent is back', async () => (await pair.activeAgents()) === 1)
      await executor.ask('pong')
      assert.ok(isAlive(pid))
      assert.deepEqual(framework.story('b'), ['TASK_RUNNING'])
      launch('c')
      assert.equal((await framework.status('c', 'TASK_RUNNING')).container_status?.executor_pid, pid)
      await executor.say('finish b')
      await framework.status('b', 'TASK_FINISHED')

      await executor.shutDown()
      await eventually('the executor has ended', () => !isAlive(pid), 60_000)
      await framework.status('c', 'TASK_FAILED')
      assert.match(notes(pair), /executor: shutdown\n/)
      const failure = await eventually(
        'its end is told',
        () => framework.events.find((event) => event.failure)?.failure,
      )
      assert.deepEqual(failure.executor_id, executor_id)
    } finally {
      await framework.close()
      await pair.remove()
    }
  })
})

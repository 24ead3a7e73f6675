/**
 * One scenario, two client libraries: our own, and the npm package mesos-framework, which must not be able to tell our
 * master from Mesos. Launch, update, kill, failover of master and framework, reconcile.
 */
import { startCluster } from '@thermosphere/simulation'
import type { Cluster } from '@thermosphere/simulation'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { mesosFramework, sdk } from './clients/index.ts'
import type { ScenarioClient, ScenarioLibrary } from './clients/index.ts'

type TaskView = { readonly id: string; readonly state: string }
type FrameworkView = {
  readonly id: string
  readonly connected: boolean
  readonly tasks: readonly TaskView[]
  readonly completed_tasks: readonly TaskView[]
}
type State = { readonly frameworks: readonly FrameworkView[]; readonly completed_frameworks: readonly FrameworkView[] }

class Scenario {
  readonly clientLibrary: ScenarioLibrary
  readonly directory = mkdtempSync(`${tmpdir()}/thermosphere-clients-`)
  cluster!: Cluster
  client!: ScenarioClient

  constructor(clientLibrary: ScenarioLibrary) {
    this.clientLibrary = clientLibrary
  }

  async start(): Promise<void> {
    this.cluster = await startCluster({ mode: 'processes', masters: 3, agents: 2 })
    await this.startInstance()
  }

  async close(): Promise<void> {
    await this.client.crash()
    await this.cluster.close()
    rmSync(this.directory, { recursive: true })
  }

  /** Of the framework that there is, if there is one. */
  async startInstance(): Promise<void> {
    const masters = this.#runningMasters().map((name) => new URL(this.cluster.url(name)).host)
    const { frameworkId } = this.client ?? {}
    this.client = await this.clientLibrary.start({
      masters,
      directory: this.directory,
      ...(frameworkId !== undefined && { frameworkId }),
    })
  }

  /** SIGKILL, and whatever the library needs to go on. */
  async loseLeader(): Promise<void> {
    const leader = await this.leader()
    await this.cluster.kill(leader.name)
    await this.wait('another master leads', async () => (await this.leader()).name !== leader.name)
    if (this.clientLibrary.followsLeaders) return
    await this.client.crash()
    await this.startInstance()
  }

  async leader(): Promise<{ readonly name: string; readonly state: State }> {
    for (const name of this.#runningMasters()) {
      const answer = await fetch(`${this.cluster.url(name)}/state`, { redirect: 'manual' })
      if (answer.ok) return { name, state: (await answer.json()) as State }
    }
    throw new Error('nobody leads')
  }

  async framework(): Promise<FrameworkView> {
    const { frameworks } = (await this.leader()).state
    const framework = frameworks.find(({ id }) => id === this.client.frameworkId)
    assert.ok(framework, 'the leader knows the framework')
    return framework
  }

  statesOf(taskId: string): string[] {
    return this.client.updates.filter((update) => update.taskId === taskId).map(({ state }) => state)
  }

  async hears(taskId: string, state: string): Promise<void> {
    await this.wait(`${state} is heard`, () => this.statesOf(taskId).includes(state))
  }

  /** Answers to reconciliation that this instance has heard. */
  answersFor(taskId: string): string[] {
    const answers = this.client.updates.filter(({ reason }) => reason === 'REASON_RECONCILIATION')
    return answers.filter((update) => update.taskId === taskId).map(({ state }) => state)
  }

  async wait(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    await this.cluster.waitFor(condition, { what, timeoutMs: 60_000 })
  }

  #runningMasters(): string[] {
    return this.cluster.names.filter((name) => name.startsWith('master') && this.cluster.isRunning(name))
  }
}

for (const library of [sdk, mesosFramework]) {
  suite(library.name, () => {
    const scenario = new Scenario(library)
    before(() => scenario.start())
    after(() => scenario.close())
    let running: string

    test('[mesos 91] hears of a task from its start to its end, and of the end once it is acknowledged', async () => {
      const taskId = await scenario.client.launch('true')
      await scenario.hears(taskId, 'TASK_FINISHED')
      assert.deepEqual(scenario.statesOf(taskId), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
      // A task without an acknowledged end stays among those that are there.
      await scenario.wait('the task is completed', async () => {
        const { completed_tasks } = await scenario.framework()
        return completed_tasks.some(({ id }) => id === taskId)
      })
    })

    test('[mesos 198] keeps its task when the leading master is killed', async () => {
      running = await scenario.client.launch('exec sleep 10000')
      await scenario.hears(running, 'TASK_RUNNING')
      const { frameworkId } = scenario.client
      await scenario.loseLeader()
      await scenario.wait('the next leader knows framework and task', async () => {
        const { connected, tasks } = await scenario.framework()
        return connected && tasks.some(({ id, state }) => id === running && state === 'TASK_RUNNING')
      })
      assert.equal(scenario.client.frameworkId, frameworkId)
    })

    test('[mesos 31] hands the framework over to another instance of it', async () => {
      const { frameworkId } = scenario.client
      const earlier = scenario.client
      await scenario.startInstance()
      assert.equal(scenario.client.frameworkId, frameworkId)
      const heardBefore = earlier.updates.length
      const taskId = await scenario.client.launch('true')
      await scenario.hears(taskId, 'TASK_FINISHED')
      assert.equal(earlier.updates.length, heardBefore)
      await earlier.crash()
      assert.equal((await scenario.framework()).connected, true)
    })

    test('[mesos 102] learns by reconciliation which task runs and which does not exist', async () => {
      const heard = scenario.answersFor(running).length
      await scenario.client.reconcile(running)
      await scenario.wait('the running task is answered', () => scenario.answersFor(running).length > heard)
      assert.equal(scenario.answersFor(running).at(-1), 'TASK_RUNNING')
      await scenario.client.reconcile('no-such-task')
      await scenario.wait('the other is answered', () => scenario.answersFor('no-such-task').length > 0)
      assert.equal(scenario.answersFor('no-such-task').at(-1), library.unknownState)
    })

    test('[mesos 94] kills a task of an earlier instance', async () => {
      await scenario.client.kill(running)
      await scenario.hears(running, 'TASK_KILLED')
    })

    test('[mesos 34] tears the framework down', async () => {
      await scenario.client.teardown()
      await scenario.wait('the framework is completed', async () => {
        const { completed_frameworks } = (await scenario.leader()).state
        return completed_frameworks.some(({ id }) => id === scenario.client.frameworkId)
      })
    })
  })
}

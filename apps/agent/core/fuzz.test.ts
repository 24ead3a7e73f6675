/**
 * Calls of executors with random members, mutated ones among them, and tasks that a master took, straight into the
 * core: what throws here would end an agent.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { encodeJson } from '@thermosphere/protocol'
import type { WireTypes } from '@thermosphere/protocol'
import { pick, randomMessage, receivedMessage } from '@thermosphere/protocol/fuzz'
import type { Samples } from '@thermosphere/protocol/fuzz'
import { getExecutors, getFrameworks, getTasks, stateView } from './index.ts'
import {
  AGENT_ID,
  BenchAgent,
  FRAMEWORK_ID,
  frameworkInfo,
  openAccess,
  scalar,
  taskInfo,
} from './testing/bench-agent.ts'

const seeds = [1, 3]
const inputsPerSeed = 600
const executorId = 'e'
const otherExecutors = 3

/** An agent with a task of a custom executor, and somebody who says anything to it. */
class Attack {
  readonly agent = BenchAgent.registered()
  readonly statuses = new Map<number, number>()
  readonly replies = new Map<number, number>()
  readonly #random: Random
  #lastId = 0

  constructor(seed: number) {
    this.#random = createRandom(seed)
    this.agent.run(taskInfo('t', { executor: this.#executor(executorId) }))
  }

  executorCall(): void {
    const call = this.#drawn('mesos.v1.executor.Call')
    if (call === undefined || call.type === undefined) return
    const requestId = ++this.#lastId
    const before = JSON.stringify([...this.agent.journal])
    const ids = { requestId, call, claims: undefined }
    const driverPid = pick(this.#random, ['', 'executor(1)@127.0.0.1:4000', 'executor(1)@127.0.0.1:4001'])
    const isReturning = this.#random.integer(2) === 0
    const driver = driverPid === '' ? {} : { driver: { pid: driverPid, isReturning } }
    if (call.type === 'SUBSCRIBE')
      this.agent.input({ type: 'executor-subscribe', connectionId: requestId, ...ids, ...driver })
    else if (call.type !== 'UPDATE' || call.update?.status.uuid?.length === 16)
      this.agent.input({ type: 'executor-call', ...ids, ...(driverPid !== '' && { driverPid }) })
    else return
    const reply = this.agent.effects.flatMap((effect) => (effect.type === 'executor-reply' ? [effect] : []))
    const status = reply.find((effect) => effect.requestId === requestId)?.reply.status ?? 0
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    assert.ok(status >= 200 && status < 500, `${call.type} is answered with ${status}`)
    assert.ok(status < 400 || JSON.stringify([...this.agent.journal]) === before, `${status} changed something`)
  }

  /** About a container that is there, or one that is not. */
  operatorCall(): void {
    const call = this.#drawn('mesos.v1.agent.Call')
    if (call?.type === undefined || !/_CONTAINER(_SESSION)?$/.test(call.type) || call.type.startsWith('ATTACH')) return
    const requestId = ++this.#lastId
    this.agent.input({ type: 'operator-call', requestId, call })
    for (const effect of this.agent.effects)
      if (effect.type === 'operator-reply') this.replies.set(effect.reply.status, effect.requestId)
    if (this.#random.integer(10) === 0) this.agent.input({ type: 'operator-gone', requestId })
  }

  /** A task as a master may send it, for an executor that runs, a new one, or none. */
  task(): void {
    const { agent } = this
    const drawn = this.#drawn('mesos.v1.TaskInfo')
    if (drawn === undefined) return
    agent.master({
      type: 'RUN_TASK',
      run_task: { framework_info: frameworkInfo(), task: drawn, launch_executor: this.#random.integer(2) === 0 },
    })
  }

  /** Containers run and end, time passes, whatever is told is acknowledged. */
  goOn(): void {
    const { agent } = this
    const random = this.#random
    for (const id of agent.launchedIds()) if (random.integer(4) > 0) agent.launched(id, 100 + this.#lastId)
    const ids = [...agent.state.containers.keys(), ...agent.state.operatorContainers.keys()]
    if (ids.length > 0 && random.integer(8) === 0)
      agent.ended(pick(random, ids), pick(random, [{ exitCode: 0 }, { signal: 9 }]))
    if (random.integer(4) === 0) agent.kill(pick(random, ['t', 'none', ...this.#taskIds()]), 1_000)
    if (random.integer(16) === 0) agent.input({ type: 'executor-gone', connectionId: random.integer(this.#lastId + 1) })
    if (random.integer(3) === 0) agent.drain()
    agent.take()
    agent.advance(pick(random, [0, 10, 1_000, 60_000]))
  }

  #containerIds(): { value: string; parent?: { value: string } }[] {
    const roots = [...this.agent.state.containers.keys(), 'alone'].map((value) => ({ value }))
    return [...roots, ...roots.flatMap((parent) => ['a', 'b'].map((value) => ({ value, parent })))]
  }

  #taskIds(): string[] {
    return (getTasks(this.agent.state, openAccess).launched_tasks ?? []).map(({ task_id }) => task_id.value)
  }

  #executor(id: string): NonNullable<WireTypes['mesos.v1.TaskInfo']['executor']> {
    const framework_id = { value: FRAMEWORK_ID }
    return {
      type: 'CUSTOM',
      executor_id: { value: id },
      framework_id,
      command: { value: './executor' },
      resources: [scalar('cpus', 0.1)],
    }
  }

  #drawn<Name extends 'mesos.v1.executor.Call' | 'mesos.v1.agent.Call' | 'mesos.v1.TaskInfo'>(
    name: Name,
  ): WireTypes[Name] | undefined {
    const random = this.#random
    const ids = { framework_id: { value: FRAMEWORK_ID }, executor_id: { value: executorId } }
    const known = name === 'mesos.v1.executor.Call' && random.integer(4) > 0 ? ids : {}
    const base = name === 'mesos.v1.TaskInfo' ? { agent_id: { value: AGENT_ID } } : known
    const message = { ...randomMessage(name, random, this.#samples()), ...base }
    return receivedMessage(name, message, random)
  }

  #samples(): Samples {
    const random = this.#random
    const tasks = ['t', `t${random.integer(50)}`, ...this.#taskIds()]
    const status = { task_id: { value: pick(random, tasks) }, state: 'TASK_RUNNING', source: 'SOURCE_EXECUTOR' }
    return {
      'mesos.v1.FrameworkID': [{ value: FRAMEWORK_ID }],
      'mesos.v1.ContainerID': this.#containerIds(),
      'mesos.v1.ExecutorID': [{ value: executorId }],
      'mesos.v1.TaskID': tasks.map((value) => ({ value })),
      'mesos.v1.TaskStatus': ['TASK_RUNNING', 'TASK_FINISHED'].map((state) => ({
        ...status,
        state,
        uuid: random.bytes(16),
      })),
      'mesos.v1.Resource': [scalar('cpus', 0.1), scalar('mem', 32)],
      'mesos.v1.ExecutorInfo': [this.#executor(`e${random.integer(otherExecutors)}`)],
      'mesos.v1.TaskInfo': [taskInfo(`t${random.integer(50)}`)],
    }
  }
}

for (const seed of seeds) {
  test(`no call of an executor or an operator and no task ends an agent (seed ${seed})`, () => {
    const attack = new Attack(seed)
    const { agent } = attack
    for (let inputs = 0; inputs < inputsPerSeed; inputs++) {
      attack.executorCall()
      attack.operatorCall()
      if (inputs % 8 === 0) attack.task()
      attack.goOn()
      if (inputs % 50 > 0) continue
      JSON.stringify(stateView(agent.state, openAccess))
      encodeJson('mesos.v1.agent.Response.GetTasks', getTasks(agent.state, openAccess))
      encodeJson('mesos.v1.agent.Response.GetExecutors', getExecutors(agent.state, openAccess))
      encodeJson('mesos.v1.agent.Response.GetFrameworks', getFrameworks(agent.state, openAccess))
    }
    const again = agent.restarted([...agent.state.containers.keys(), ...agent.state.operatorContainers.keys()])
    assert.deepEqual(again.problems, [])
    assert.ok((attack.statuses.get(202) ?? 0) > 0 && (attack.statuses.get(400) ?? 0) > 0)
    for (const status of [200, 400, 404, 500]) assert.ok(attack.replies.has(status), `${status} of an operator's call`)
  })
}

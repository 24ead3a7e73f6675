import { applyWrites, createRandom } from '@thermosphere/effects'
import type { StoreWrite } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recoverState, step } from '../index.ts'
import type { AgentEffect, AgentInput, AgentState } from '../index.ts'
import { AGENT_ID, FRAMEWORK_ID, frameworkInfo, taskInfo, testConfig } from '../testing/bench-agent.ts'

/**
 * The agent crashes between any write and any effect, any number of times, while tasks are launched, end and are
 * killed. The machine around it is real in one respect: processes go on without the agent, and their end is kept.
 *
 * C1 the command of a task begins at most once; C2 a task that the master sent ends in exactly one terminal state,
 * told and acknowledged; C3 nothing runs whose task is over; C4 a terminal state is told only of what has ended;
 * C5 nothing is launched before it is written down.
 */
type Container = { state: 'preparing' | 'running' | 'ended'; readonly taskId: string }
type Act = {
  readonly type: 'run' | 'fork' | 'exit' | 'kill' | 'crash' | 'pass'
  readonly task: number
  readonly point: number
}

const acts = fc.array(
  fc.record({
    type: fc.constantFrom('run', 'run', 'fork', 'fork', 'exit', 'kill', 'crash', 'crash', 'pass') as fc.Arbitrary<
      Act['type']
    >,
    task: fc.nat(4),
    /** After how many of the coming writes and effects the agent dies. */
    point: fc.nat(6),
  }),
  { maxLength: 50 },
)

const TERMINAL = /FINISHED|FAILED|KILLED$|GONE|LOST|DROPPED/

class Crash extends Error {}

class Machine {
  readonly journal = new Map<string, string>()
  /** Real processes, by container; they outlive the agent. */
  readonly containers = new Map<string, Container>()
  readonly begun = new Map<string, number>()
  /** What the master believes: tasks that it sent and whose end it has not heard. */
  readonly sent = new Set<string>()
  readonly ends = new Map<string, Set<string>>()
  #timers = new Map<string, number>()
  #state: AgentState
  #queue: AgentInput[] = []
  #stepsLeft = Infinity
  #now = 1000
  #seed = 1

  constructor() {
    this.#state = this.#recover()
    this.#boot()
  }

  act({ type, task, point }: Act): void {
    const id = `t${task}`
    if (type === 'crash') this.#stepsLeft = point
    this.#survive(() => {
      if (type === 'run' && !this.ends.has(id) && !this.sent.has(id)) this.#run(id)
      else if (type === 'fork') this.#fork(id)
      else if (type === 'exit') this.#exit(id)
      else if (type === 'kill' && this.sent.has(id)) {
        const kill_task = { framework_id: { value: FRAMEWORK_ID }, task_id: { value: id } }
        this.#feed({ type: 'master', message: { type: 'KILL_TASK', kill_task } })
      } else if (type === 'pass') this.#pass(5000)
    })
    this.check()
  }

  /** No more crashes: everything comes to its end. */
  finish(): void {
    this.#stepsLeft = Infinity
    this.#boot()
    for (let round = 0; round < 40 && this.sent.size > 0; round++) {
      for (const id of [...this.sent]) {
        this.#fork(id)
        this.#exit(id)
      }
      this.#pass(15_000)
    }
    this.check()
    assert.deepEqual([...this.sent], [], 'C2: nothing is forgotten')
    assert.deepEqual(
      [...this.containers.values()].filter(({ state }) => state === 'running'),
      [],
      'C3',
    )
  }

  check(): void {
    for (const [id, count] of this.begun) assert.ok(count <= 1, `C1: ${id} began ${count} times`)
    for (const [id, states] of this.ends) {
      assert.equal(states.size, 1, `C2: ${id} ended as ${[...states].join()}`)
      const runs = [...this.containers.values()].some(({ taskId, state }) => taskId === id && state === 'running')
      assert.ok(!runs, `C3: ${id} is over and runs`)
    }
  }

  #run(id: string): void {
    this.sent.add(id)
    const run_task = { framework_info: frameworkInfo(), task: taskInfo(id), launch_executor: true }
    this.#feed({ type: 'master', message: { type: 'RUN_TASK', run_task } })
  }

  #fork(id: string): void {
    for (const [containerId, container] of this.containers) {
      if (container.taskId !== id || container.state !== 'preparing') continue
      container.state = 'running'
      this.begun.set(id, (this.begun.get(id) ?? 0) + 1)
      // Between the process and the word of it lies a crash point.
      this.#point()
      this.#feed({ type: 'launched', containerId, pid: 100, handle: { containerId } })
    }
  }

  #exit(id: string): void {
    for (const [containerId, container] of this.containers) {
      if (container.taskId !== id || container.state !== 'running') continue
      container.state = 'ended'
      this.#point()
      this.#feed({ type: 'ended', containerId, end: { exitCode: 0 } })
    }
  }

  #pass(ms: number): void {
    const until = this.#now + ms
    this.#now = until
    for (const [key, at] of [...this.#timers]) {
      if (at > until || !this.#timers.delete(key)) continue
      this.#feed({ type: 'timer', key })
    }
  }

  #survive(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      this.#stepsLeft = Infinity
      this.#boot()
    }
  }

  #point(): void {
    if (this.#stepsLeft-- <= 0) throw new Crash()
  }

  #recover(): AgentState {
    const random = createRandom(this.#seed++)
    const recovery = recoverState({ config: testConfig(), random, now: this.#now, bootId: 'b' }, this.journal)
    assert.ok(recovery.type === 'recovered')
    const found = recovery.containers.map(({ containerId }) => ({ containerId, state: this.#find(containerId) }))
    // As the runner does: whoever is not taken over is ended before the core hears anything.
    const kept = new Set(found.map(({ containerId }) => containerId))
    for (const [id, container] of this.containers) if (!kept.has(id)) container.state = 'ended'
    this.#queue = [{ type: 'recovered', containers: found }]
    for (const { containerId, state } of found) {
      if (state === 'ended') this.#queue.push({ type: 'ended', containerId, end: { exitCode: 0 } })
    }
    return recovery.state
  }

  #find(containerId: string): 'running' | 'ended' | 'lost' {
    const state = this.containers.get(containerId)?.state
    return state === 'running' || state === 'ended' ? state : 'lost'
  }

  #boot(): void {
    this.#timers = new Map()
    this.#state = this.#recover()
    this.#drain()
    this.#feed({ type: 'link-up' })
    if (this.#state.agentId === undefined) {
      this.#feed({ type: 'master', message: { type: 'REGISTERED', registered: { agent_id: { value: AGENT_ID } } } })
      return
    }
    const reconcile_tasks = [...this.sent].map((id) => ({
      framework_id: { value: FRAMEWORK_ID },
      task_id: { value: id },
      framework_info: frameworkInfo(),
    }))
    const reregistered = { agent_id: { value: AGENT_ID }, reconcile_tasks }
    this.#feed({ type: 'master', message: { type: 'REREGISTERED', reregistered } })
  }

  #feed(input: AgentInput): void {
    this.#queue.push(input)
    this.#drain()
  }

  #drain(): void {
    for (let input = this.#queue.shift(); input !== undefined; input = this.#queue.shift()) {
      const effects = step(this.#state, input, this.#now)
      // Those that wait for nothing may happen before the write, as in the loop of the shell.
      const early = effects.filter((effect) => !('after' in effect) && effect.type !== 'store')
      for (const effect of early) this.#perform(effect)
      for (const effect of effects) {
        if (effect.type === 'store') this.#persist(effect.writes)
        else if ('after' in effect) this.#perform(effect)
      }
    }
  }

  #perform(effect: AgentEffect): void {
    if (effect.type === 'timer') {
      if (effect.at === undefined) this.#timers.delete(effect.key)
      else this.#timers.set(effect.key, effect.at)
      return
    }
    this.#point()
    if (effect.type === 'launch') {
      const taskId = /executors\/([^/]+)\//.exec(effect.plan.sandbox)?.[1] ?? ''
      assert.ok(!this.containers.has(effect.plan.containerId), 'a container is launched once')
      assert.ok(this.journal.has(`task/${FRAMEWORK_ID}/${taskId}/${taskId}`), `C5: ${taskId}`)
      this.containers.set(effect.plan.containerId, { state: 'preparing', taskId })
    } else if (effect.type === 'destroy' || effect.type === 'signal') this.#kill(effect.containerId)
    else if (effect.type === 'feedback') this.#queue.push(effect.input)
    else if (effect.type === 'send' && effect.message.status_update !== undefined) {
      this.#hear(effect.message.status_update.status)
    }
  }

  #kill(containerId: string): void {
    const container = this.containers.get(containerId)
    if (container === undefined || container.state === 'ended') return
    const began = container.state === 'running'
    container.state = 'ended'
    if (began) this.#queue.push({ type: 'ended', containerId, end: { signal: 9 } })
    else this.#queue.push({ type: 'launch-failed', containerId, message: 'aborted' })
  }

  #hear(status: mesos.TaskStatus): void {
    const id = status.task_id.value
    if (TERMINAL.test(status.state)) {
      const own = [...this.containers.values()].filter(({ taskId }) => taskId === id)
      assert.ok(
        own.every(({ state }) => state !== 'running'),
        `C4: ${id} is told to be ${status.state} and runs`,
      )
      this.ends.set(id, (this.ends.get(id) ?? new Set()).add(status.state))
      this.sent.delete(id)
    }
    const ids = { framework_id: { value: FRAMEWORK_ID }, task_id: status.task_id }
    const status_update_ack = { ...ids, uuid: status.uuid ?? new Uint8Array() }
    this.#queue.push({ type: 'master', message: { type: 'STATUS_UPDATE_ACK', status_update_ack } })
  }

  /** Whole or not at all. */
  #persist(writes: readonly StoreWrite[]): void {
    this.#point()
    applyWrites(this.journal, writes)
  }
}

test('a crash between any write and any effect: a task begins at most once and ends exactly once', () => {
  fc.assert(
    fc.property(acts, (script) => {
      const machine = new Machine()
      for (const act of script) machine.act(act)
      machine.finish()
    }),
    { numRuns: 500 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BenchAgent, FRAMEWORK_ID, storedStatus, taskInfo } from '../testing/bench-agent.ts'

/**
 * Any history of launches, ends, kills, acknowledgements and restarts:
 * R1 an update is sent only after it is on disk; R2 at most one per task is in flight; R3 after a restart exactly the
 * unacknowledged updates are left; R4 in the end every task has told one terminal state and nothing is left behind.
 */
type Act =
  | { type: 'run' | 'launched' | 'ended' | 'kill' | 'acknowledge'; task: number }
  | { type: 'restart' | 'wait' | 'lose-master'; task: number }

const acts = fc.array(
  fc.record({
    type: fc.constantFrom(
      'run',
      'launched',
      'ended',
      'kill',
      'acknowledge',
      'acknowledge',
      'restart',
      'wait',
      'lose-master',
    ),
    task: fc.integer({ min: 0, max: 3 }),
  }) as fc.Arbitrary<Act>,
  { maxLength: 60 },
)

class History {
  agent = BenchAgent.registered()
  readonly containers = new Map<number, string>()
  readonly running = new Set<number>()
  readonly terminal = new Map<string, Set<string>>()

  act({ type, task }: Act): void {
    const containerId = this.containers.get(task) ?? ''
    const { agent } = this
    if (type === 'run' && containerId === '') {
      this.containers.set(task, agent.run(taskInfo(`t${task}`)))
    } else if (type === 'launched' && containerId !== '' && !this.running.has(task)) {
      this.running.add(task)
      agent.launched(containerId)
    } else if (type === 'ended' && this.running.has(task)) this.end(task)
    // A kill of a task that is over and forgotten is answered by another update; that is tested elsewhere.
    else if (type === 'kill' && containerId !== '' && !this.terminal.has(`t${task}`)) agent.kill(`t${task}`)
    else if (type === 'acknowledge') for (const status of this.inFlight(task)) agent.acknowledge(status)
    else if (type === 'wait') agent.advance(15_000)
    else if (type === 'lose-master') {
      agent.input({ type: 'link-down', reason: 'test' })
      agent.reregister()
    } else if (type === 'restart') this.restart()
    this.checkSent()
  }

  end(task: number): void {
    this.running.delete(task)
    this.agent.ended(this.containers.get(task) ?? '', { exitCode: 0 })
  }

  inFlight(task: number) {
    const stream = this.agent.state.frameworks.get(FRAMEWORK_ID)?.streams.get(`t${task}`)
    return stream?.inFlight === true && stream.pending[0] !== undefined ? [stream.pending[0].status] : []
  }

  restart(): void {
    const before = this.pending()
    const running = [...this.running].map((task) => this.containers.get(task) ?? '')
    this.agent = this.agent.restarted(running)
    // Launches that were under way are gone with the agent; their tasks are told so by new updates.
    for (const [task, stream] of before) {
      assert.deepEqual(this.pending().get(task)?.slice(0, stream.length), stream, 'R3')
    }
    this.agent.reregister()
  }

  pending(): Map<string, string[]> {
    const streams = this.agent.state.frameworks.get(FRAMEWORK_ID)?.streams.values() ?? []
    return new Map(
      [...streams].map((stream) => [stream.taskId, stream.pending.map((update) => uuid(update.status.uuid))]),
    )
  }

  checkSent(): void {
    const stored = [...this.agent.journal]
      .filter(([key]) => key.startsWith('update/'))
      .map(([, value]) => storedStatus(value))
    const onDisk = new Set(stored.map((status) => uuid(status.uuid)))
    const inFlight = new Map<string, Set<string>>()
    for (const status of this.agent.sent()) {
      const id = status.task_id.value
      const isPending = this.pending().get(id)?.includes(uuid(status.uuid)) === true
      if (isPending) {
        assert.ok(onDisk.has(uuid(status.uuid)), 'R1')
        inFlight.set(id, (inFlight.get(id) ?? new Set()).add(uuid(status.uuid)))
      }
      if (/FINISHED|FAILED|KILLED|GONE|LOST|DROPPED/.test(status.state)) {
        this.terminal.set(id, (this.terminal.get(id) ?? new Set()).add(status.state))
      }
    }
    for (const uuids of inFlight.values()) assert.equal(uuids.size, 1, 'R2')
    this.agent.take()
  }

  finish(): void {
    for (const task of [...this.running]) this.end(task)
    for (let round = 0; round < 200 && this.pending().size > 0; round++) {
      this.checkSent()
      for (const task of this.containers.keys())
        for (const status of this.inFlight(task)) this.agent.acknowledge(status)
    }
  }
}

const uuid = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

test('whatever happens, updates are durable, ordered and complete, and nothing is left behind', () => {
  fc.assert(
    fc.property(acts, (script) => {
      const history = new History()
      for (const act of script) history.act(act)
      const launching = [...history.containers.keys()].filter(
        (task) => !history.running.has(task) && !history.terminal.has(`t${task}`) && !history.pending().has(`t${task}`),
      )
      for (const task of launching) history.agent.kill(`t${task}`)
      history.finish()
      assert.equal(history.pending().size, 0)
      for (const states of history.terminal.values()) assert.equal(states.size, 1, 'R4')
      assert.equal(history.agent.state.frameworks.size, 0)
      const left = [...history.agent.journal.keys()].filter(
        (key) => !/^(agent|boot|framework|completed|resources)/.test(key),
      )
      assert.deepEqual(left, [])
    }),
    { numRuns: 500 },
  )
})

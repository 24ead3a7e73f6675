import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { Machine } from '../../hosts/agent/machine.ts'
import { SimProcess, VirtualTime } from '../../kernel/index.ts'
import { SmallMaster } from '../small-master.ts'
import { DrainInvariants } from './drain-invariants.ts'

class Watched {
  readonly reports: string[] = []
  readonly invariants = new DrainInvariants((_invariant, message) => void this.reports.push(message))
  readonly time = new VirtualTime(0)
  readonly process = new SimProcess({ name: 'agent-0', time: this.time })
  readonly machine = new Machine('agent-0', { time: this.time, random: createRandom(1) })
  readonly small = new SmallMaster(
    () => undefined,
    (master) => this.invariants.onStepped(master),
  )
  readonly agent

  constructor() {
    this.small.join('cpus:2;mem:128')
    const [agent] = this.small.master.agents.values()
    assert.ok(agent)
    this.agent = agent
  }

  /** As a master with a bug leaves it. */
  leaveDraining(): void {
    const { agent } = this
    const drain = { state: 'DRAINING' as const, config: {} }
    agent.drain = drain
    const record = { info: agent.info, deactivated: true, drain, drainStartedAt: 0 }
    this.small.master.entries.set(agent.id, { list: 'admitted', record })
  }

  run(id: string): void {
    const none = (): void => undefined
    const end = { exitCode: undefined, signal: undefined, onEnd: undefined, cancelEnd: none, stopExecutor: none }
    const launched = { type: 'task' as const, taskId: 't', cpusMilli: 100 }
    const uses = { taskIds: new Set(['t']), cpusMilli: 100, cpusMilliMax: 100, ignoresTerm: false, isRunning: true }
    const container = { id, launched, ...uses, ...end }
    this.machine.containers.set(id, container)
  }

  async look(untilMs: number): Promise<void> {
    await this.time.runUntil(untilMs, () => true)
    const { process, machine, agent } = this
    const link = { type: 'registered', pingTimeoutMs: 1_000 } as const
    this.invariants.look({ process, machine, state: { agentId: agent.id, link } }, this.small.master)
  }
}

suite('a drain', () => {
  test('of an idle agent is over at once', () => {
    const watched = new Watched()
    const drain_agent = { agent_id: { value: watched.agent.id } }
    watched.small.do({ type: 'operator-call', requestId: 1, call: { type: 'DRAIN_AGENT', drain_agent } })
    assert.equal(watched.agent.drain?.state, 'DRAINED')
    assert.deepEqual(watched.reports, [])
    watched.leaveDraining()
    watched.small.allocate()
    assert.deepEqual(watched.reports, [`${watched.agent.id} is there with nothing left on it, and still drains`])
  })

  test('may be over and not yet written', () => {
    const watched = new Watched()
    watched.leaveDraining()
    watched.agent.drain = { state: 'DRAINING', config: {} }
    watched.small.allocate()
    assert.deepEqual(watched.reports, [])
  })

  test('waits for an agent that is away, and for one whose end is being written', () => {
    const watched = new Watched()
    watched.leaveDraining()
    watched.small.master.transitions.set(watched.agent.id, 'gone')
    watched.small.allocate()
    watched.small.master.transitions.clear()
    watched.small.do({ type: 'link-closed', linkId: 1 })
    watched.small.allocate()
    assert.deepEqual(watched.reports, [])
  })

  test('leaves nothing running on a host for long', async () => {
    const watched = new Watched()
    watched.run('c')
    await watched.look(100_000)
    watched.leaveDraining()
    await watched.look(100_500)
    await watched.look(145_500)
    assert.deepEqual(watched.reports, [])
    await watched.look(145_501)
    assert.deepEqual(watched.reports, [`${watched.agent.id} drains and is there, and t still runs on its host`])
  })

  test('is not told to whoever cannot hear it, nor does it end what an agent has forgotten', async () => {
    const watched = new Watched()
    watched.leaveDraining()
    watched.run('c')
    await watched.look(0)
    watched.small.do({ type: 'link-closed', linkId: 1 })
    await watched.look(60_000)
    watched.agent.connected = true
    await watched.look(61_000)
    watched.process.pause(10_000)
    await watched.look(70_000)
    await watched.look(110_000)
    assert.deepEqual(watched.reports, [])
    watched.machine.abandoned.add('c')
    await watched.look(200_000)
    assert.deepEqual(watched.reports, [])
  })
})

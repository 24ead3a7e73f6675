import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { step } from '@thermosphere/agent-core'
import type { AgentEffect, AgentInput } from '@thermosphere/agent-core'
import { recoverState } from '@thermosphere/agent-core'
import { createRandom } from '@thermosphere/effects'
import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { oversubscribedConfig } from '../../hosts/agent/agent-config.ts'
import { loadMax, Machine } from '../../hosts/agent/machine.ts'
import { SimProcess, VirtualTime } from '../../kernel/index.ts'
import { differenceOf, isToldRight, RevocableInvariants } from './revocable-invariants.ts'

const allocation_info = { role: 'r' }
const revocable: mesos.Resource[] = [
  { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, revocable: {}, allocation_info },
  { name: 'mem', type: 'SCALAR', scalar: { value: 64 }, allocation_info },
]
const firm = revocable.map(({ revocable: _mark, ...rest }) => rest)

const framework: mesos.FrameworkInfo = {
  user: 'root',
  name: 'f',
  id: { value: 'f' },
  roles: ['r'],
  checkpoint: true,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
}

/** A real agent that is registered, on a host that can spare two cpus. */
class Watched {
  readonly reports: string[] = []
  readonly time = new VirtualTime(0)
  readonly machine = new Machine('agent-0', { time: this.time, random: createRandom(1) })
  readonly process = new SimProcess({ name: 'agent-0', time: this.time })
  readonly invariants = new RevocableInvariants(
    (_invariant, message) => void this.reports.push(message),
    () => undefined,
  )
  readonly state
  readonly sent: agentLink.AgentMessage[] = []

  constructor() {
    this.machine.setSpare({ cpus: 2, mib: 0 })
    const config = oversubscribedConfig(this.machine)
    const recovery = recoverState({ config, random: createRandom(1), now: 0 }, new Map())
    assert.ok(recovery.type !== 'incompatible')
    this.state = recovery.state
    this.do({ type: 'recovered', containers: [] })
    this.do({ type: 'link-up' })
    this.master({ type: 'REGISTERED', registered: { agent_id: { value: 'a' } } })
  }

  get place() {
    return { process: this.process, machine: this.machine, state: this.state }
  }

  master(message: agentLink.MasterMessage): void {
    this.do({ type: 'master', message })
  }

  /** Returns its container. */
  run(id: string, resources: mesos.Resource[]): string {
    const about = { name: id, task_id: { value: id }, agent_id: { value: 'a' }, resources }
    const task: mesos.TaskInfo = { ...about, command: { shell: true, value: 'sleep 1' } }
    this.master({ type: 'RUN_TASK', run_task: { framework_info: framework, task } })
    const [containerId] = [...this.state.containers].find(([, { taskId }]) => taskId === id) ?? []
    assert.ok(containerId)
    this.do({ type: 'launched', containerId, pid: 1, handle: { containerId } })
    return containerId
  }

  overload(): void {
    this.invariants.onOverload(this.state, this.machine)
    this.do({ type: 'load', fiveMinutes: loadMax + 1, fifteenMinutes: 0 })
  }

  do(input: AgentInput): void {
    const effects = step(this.state, input, this.time.now)
    this.invariants.onStepped(this.state, this.machine, effects)
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: AgentEffect): void {
    if (effect.type === 'feedback') this.do(effect.input)
    if (effect.type !== 'send') return
    this.sent.push(effect.message)
    this.invariants.onSent(effect.message, this.machine)
    const { framework_id, status } = effect.message.status_update ?? {}
    if (framework_id === undefined || status?.uuid === undefined) return
    const status_update_ack = { framework_id, task_id: status.task_id, uuid: status.uuid }
    this.master({ type: 'STATUS_UPDATE_ACK', status_update_ack })
  }
}

suite('corrections', () => {
  test('end what uses revocable resources, and nothing else', () => {
    const watched = new Watched()
    const containerId = watched.run('t', revocable)
    watched.run('u', firm)
    watched.overload()
    watched.do({ type: 'ended', containerId, end: { signal: 9 } })
    const reasons = watched.sent.map(({ status_update }) => status_update?.status.reason)
    assert.ok(reasons.includes('REASON_CONTAINER_PREEMPTED'))
    assert.deepEqual(watched.reports, [])
  })

  test('are reported when a task ends otherwise, or that did not have to', () => {
    const watched = new Watched()
    const containerId = watched.run('t', revocable)
    watched.invariants.onOverload(watched.state, watched.machine)
    watched.do({ type: 'ended', containerId, end: { exitCode: 0 } })
    assert.match(watched.reports.join(), /^t had to go and ended as TASK_FINISHED/)
    const other = new Watched()
    const ended = other.run('t', revocable)
    other.do({ type: 'load', fiveMinutes: loadMax + 1, fifteenMinutes: 0 })
    other.do({ type: 'ended', containerId: ended, end: { signal: 9 } })
    assert.match(other.reports.join(), /has ended t, which did not have to go/)
  })

  test('are reported when a task stays', async () => {
    const watched = new Watched()
    watched.run('t', revocable)
    watched.overload()
    await watched.time.runUntil(5_000, () => true)
    watched.invariants.look(watched.place, undefined)
    assert.deepEqual(watched.reports, [])
    await watched.time.runUntil(5_001, () => true)
    watched.invariants.look(watched.place, undefined)
    assert.deepEqual(watched.reports, ['t had to go and is still on agent-0'])
  })

  test('are forgotten by an agent that ends before it has written them down', () => {
    const watched = new Watched()
    const containerId = watched.run('t', revocable)
    watched.invariants.onOverload(watched.state, watched.machine)
    watched.invariants.onRecovered(watched.state, watched.machine)
    watched.do({ type: 'ended', containerId, end: { signal: 9 } })
    assert.deepEqual(watched.reports, [])
  })
})

suite('what agents tell of', () => {
  test('has what is in use in it', () => {
    const watched = new Watched()
    watched.run('t', revocable)
    watched.machine.setSpare({ cpus: 0, mib: 0 })
    watched.do({ type: 'timer', key: 'oversubscribed' })
    const said = watched.sent.flatMap(({ update_agent }) => update_agent?.oversubscribed?.resources ?? [])
    assert.deepEqual(
      said.map(({ scalar }) => scalar?.value),
      [2, 1],
    )
    assert.deepEqual(watched.reports, [])
    const message = { type: 'UPDATE_AGENT' as const, update_agent: { oversubscribed: { resources: [] } } }
    watched.invariants.onStepped(watched.state, watched.machine, [{ type: 'send', message }])
    assert.deepEqual(watched.reports, ['agent-0 tells of {}, and cpus{REV}:1 is in use'])
  })

  test('is what its master counts with', () => {
    const { machine, state } = new Watched()
    const known = { total: Resources.parse('cpus:4').add(Resources.fromWire([...machine.spare])) }
    assert.equal(isToldRight({ machine, state, known }), true)
    machine.setSpare({ cpus: 1, mib: 0 })
    assert.equal(isToldRight({ machine, state, known }), false)
    assert.equal(
      differenceOf({ machine, state, known }),
      'agent-0 has cpus{REV}:1, and its master counts with cpus{REV}:2',
    )
  })
})

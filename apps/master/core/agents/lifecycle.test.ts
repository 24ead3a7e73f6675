import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { scalar, World } from '../testing/world.ts'
import type { Scheduler, TestAgent } from '../testing/world.ts'

const start = (info: Partial<mesos.FrameworkInfo> = {}): { world: World; agent: TestAgent; s: Scheduler } => {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe(info)
  world.run([s, agent, 't'])
  return { world, agent, s }
}

/** `start`, and the agent does not answer for as long as it takes to be unreachable. */
const startUnreachable: typeof start = (info) => {
  const started = start(info)
  const { world, agent } = started
  world.silent.add(agent.linkId)
  world.advance(90_000)
  world.silent.delete(agent.linkId)
  return started
}

const types = (world: World, linkId: number): (string | undefined)[] =>
  world.toAgent(linkId).map((message) => message.type)

/** What an agent that runs `t` says when it comes back. */
const carrying = (
  s: Scheduler,
  agent: TestAgent,
  state: mesos.TaskState = 'TASK_RUNNING',
): Partial<agentLink.AgentMessage_Reregister> => ({
  frameworks: [s.info],
  tasks: [
    {
      framework_id: { value: s.id },
      task: {
        name: 't',
        task_id: { value: 't' },
        framework_id: { value: s.id },
        agent_id: { value: agent.id },
        state,
        resources: [scalar('cpus', 1, 'r'), scalar('mem', 64, 'r')],
      },
    },
  ],
})

suite('registration', () => {
  test('[mesos 1] an agent is in the registry before it is told its id', () => {
    const world = new World()
    world.holdStore = true
    const agent = world.addAgent()
    assert.equal(agent.id, '')
    assert.equal(world.stored.has('master/agents/admitted/M-S0'), true)
    assert.deepEqual(types(world, agent.linkId), [])
    world.releaseStore()
    const [registered] = world.toAgent(agent.linkId)
    assert.equal(registered?.registered?.agent_id.value, 'M-S0')
    assert.equal(registered?.registered?.total_ping_timeout_ms, 75_000)
  })

  test('[mesos 2] the link of an agent that awaits a registration which was not heard ends; others wait on', () => {
    const world = new World()
    const stranger = world.openLink()
    world.say(stranger, { type: 'AWAITING_REGISTRATION' })
    assert.deepEqual([...world.closedLinks], [stranger])
    world.holdStore = true
    const { linkId } = world.addAgent()
    world.say(linkId, { type: 'AWAITING_REGISTRATION' })
    world.releaseStore()
    world.say(linkId, { type: 'AWAITING_REGISTRATION' })
    assert.deepEqual([types(world, linkId), world.closedLinks.has(linkId)], [['REGISTERED'], false])
  })

  test('an agent that is not yet admitted is not offered', () => {
    const world = new World()
    const s = world.subscribe()
    world.holdStore = true
    world.addAgent()
    world.advance(5000)
    assert.equal(world.offers(s).length, 0)
    world.releaseStore()
    assert.equal(world.offers(s).length, 1)
  })

  test('a new agent at the address of an old one replaces it', () => {
    const { world, agent, s } = start()
    const next = world.addAgent()
    assert.notEqual(next.id, agent.id)
    assert.equal(world.master.agents.size, 1)
    const status = world.statuses(s, 't').at(-1)
    assert.deepEqual(
      [status?.state, status?.reason],
      ['TASK_LOST', 'REASON_AGENT_REMOVED'],
      'also for partition-aware frameworks',
    )
    assert.equal(world.stored.has(`master/agents/admitted/${agent.id}`), false)
  })

  const domain = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } }
  const strangers: [string, Partial<mesos.AgentInfo>, string, boolean, RegExp][] = [
    ['[mesos 28] an old version', {}, '0.28.0', false, /older than 1\.0\.0$/],
    ['[mesos 28] no version', {}, 'x', false, /'x' is not understood$/],
    ['[mesos 22] a domain where the master has none', { domain }, '1.12.0', false, /but the master has none$/],
    ['[mesos 23] no domain where one is required', {}, '1.12.0', true, /the master requires one$/],
  ]
  for (const [what, info, version, requireAgentDomain, message] of strangers) {
    test(`${what} is refused`, () => {
      const world = new World({ config: { requireAgentDomain } })
      const linkId = world.openLink()
      world.say(linkId, { type: 'REGISTER', register: { agent_info: world.agentInfo('cpus:1', info), version } })
      assert.match(world.toAgent(linkId)[0]?.refused?.message ?? '', message)
      assert.equal(world.master.agents.size, 0)
    })
  }

  test('[mesos 20] attributes are part of the offer', () => {
    const world = new World()
    world.addAgent(undefined, { attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'a' } }] })
    assert.equal(world.offer(world.subscribe()).attributes?.[0]?.text?.value, 'a')
  })
})

suite('health', () => {
  test('[mesos 4] [mesos 6] an agent that does not answer its pings becomes unreachable, registry first', () => {
    const { world, agent, s } = start()
    world.silent.add(agent.linkId)
    world.holdStore = true
    world.advance(90_000)
    assert.equal(world.stored.has(`master/agents/unreachable/${agent.id}`), true)
    assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_RUNNING', 'nobody hears before the write is durable')
    world.releaseStore()
    const status = world.statuses(s, 't').at(-1)
    assert.deepEqual(
      [status?.state, status?.reason, status?.message, status?.source, status?.uuid],
      ['TASK_UNREACHABLE', 'REASON_AGENT_REMOVED', 'health check timed out', 'SOURCE_MASTER', undefined],
    )
    assert.ok(status?.unreachable_time)
    const failure = world.eventsOf(s.streamId).find((event) => event.failure)?.failure
    assert.deepEqual(failure, { agent_id: { value: agent.id } })
    assert.equal(world.master.agents.size, 0)
    assert.ok(world.closedLinks.has(agent.linkId), 'a frozen agent registers again when it wakes')
    assert.equal(world.master.frameworks.get(s.id)?.unreachableTasks.get('t')?.wire.state, 'TASK_UNREACHABLE')
  })

  test('[mesos 5] the flags decide how long that takes', () => {
    const world = new World({ config: { agentPingTimeoutMs: 1000, maxAgentPingTimeouts: 2 } })
    const agent = world.addAgent()
    world.silent.add(agent.linkId)
    world.advance(3000)
    assert.equal(world.master.unreachableAgents.has(agent.id), true)
  })

  test('[mesos 100] a framework that is not partition aware hears TASK_LOST with the time', () => {
    const { world, s } = startUnreachable({ capabilities: [{ type: 'MULTI_ROLE' }] })
    const status = world.statuses(s, 't').at(-1)
    assert.equal(status?.state, 'TASK_LOST')
    assert.ok(status?.unreachable_time)
  })

  test('[mesos 60] a broken link rescinds the offers; the agent has time to come back', () => {
    const { world, agent, s } = start()
    world.advance(1000)
    const offer = world.offer(s)
    world.do({ type: 'link-closed', linkId: agent.linkId })
    assert.deepEqual(world.eventsOf(s.streamId).at(-1)?.rescind?.offer_id, offer.id)
    assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_RUNNING')
    const back = world.reregister(agent, carrying(s, agent))
    assert.deepEqual(types(world, back.linkId), ['REREGISTERED'])
    assert.equal(world.statuses(s, 't').length, 1, 'nothing changed for the framework')
  })

  test('[mesos 126] without checkpointing a broken link loses the tasks at once, also for partition-aware frameworks', () => {
    const { world, agent, s } = start({ checkpoint: false })
    world.do({ type: 'link-closed', linkId: agent.linkId })
    const status = world.statuses(s, 't').at(-1)
    assert.deepEqual(
      [status?.state, status?.reason, status?.message],
      ['TASK_LOST', 'REASON_AGENT_DISCONNECTED', 'Agent h1 disconnected'],
    )
    const back = world.reregister(agent, carrying(s, agent))
    assert.deepEqual(types(world, back.linkId), ['SHUTDOWN_FRAMEWORK', 'REREGISTERED'])
    assert.equal(world.master.frameworks.get(s.id)?.tasks.size, 0)
  })

  test('[mesos 94] a kill while the agent is away is sent when it is back', () => {
    const { world, agent, s } = start()
    world.do({ type: 'link-closed', linkId: agent.linkId })
    world.call(s, { type: 'KILL', kill: { task_id: { value: 't' } } })
    const back = world.reregister(agent, carrying(s, agent))
    assert.ok(types(world, back.linkId).includes('KILL_TASK'))
  })

  test('[mesos 102] a task that the agent does not mention is asked back', () => {
    const { world, agent, s } = start()
    world.do({ type: 'link-closed', linkId: agent.linkId })
    const back = world.reregister(agent)
    const [welcome] = world.toAgent(back.linkId)
    // With its framework: an agent that crashed before it wrote the launch down does not know that one either.
    const framework_info = world.master.frameworks.get(s.id)?.info
    assert.deepEqual(welcome?.reregistered?.reconcile_tasks, [
      { framework_id: { value: s.id }, task_id: { value: 't' }, framework_info },
    ])
  })
})

suite('return', () => {
  test('what a returned agent does not speak of is not unreachable any more', () => {
    const { world, agent, s } = startUnreachable()
    assert.equal(world.master.frameworks.get(s.id)?.unreachableTasks.size, 1)
    world.reregister(agent)
    assert.equal(world.master.frameworks.get(s.id)?.unreachableTasks.size, 0)
  })

  test('[mesos 100] a task that ended out of reach is first told to be where its scheduler stands', () => {
    const { world, agent, s } = startUnreachable()
    const before = world.statuses(s, 't').length
    const carried = carrying(s, agent)
    const tasks = (carried.tasks ?? []).map((one) => ({
      ...one,
      latest_state: 'TASK_FINISHED' as const,
      status_update_state: 'TASK_RUNNING' as const,
    }))
    world.reregister(agent, { ...carried, tasks })
    const news = world.statuses(s, 't').slice(before)
    assert.deepEqual(
      news.map(({ state }) => state),
      ['TASK_RUNNING'],
    )
  })

  test('[mesos 7] an unreachable agent comes back with its tasks, each with one update', () => {
    const { world, agent, s } = startUnreachable()
    const before = world.statuses(s, 't').length
    const back = world.reregister(agent, carrying(s, agent))
    const news = world.statuses(s, 't').slice(before)
    assert.deepEqual(
      news.map(({ state, reason, message }) => [state, reason, message]),
      [['TASK_RUNNING', 'REASON_AGENT_REREGISTERED', 'Unreachable agent re-reregistered']],
    )
    assert.equal(types(world, back.linkId)[0], 'REREGISTERED')
    assert.equal(world.master.frameworks.get(s.id)?.unreachableTasks.size, 0)
    assert.equal(world.stored.has(`master/agents/unreachable/${agent.id}`), false)
    assert.equal(world.stored.has(`master/agents/admitted/${agent.id}`), true)
    world.advance(1000)
    assert.equal(
      world.offer(s).resources?.find((resource) => resource.name === 'cpus')?.scalar?.value,
      3,
      'its task is charged',
    )
  })

  test('[mesos 198] after a failover of the master agents and frameworks come back with everything', () => {
    const { agent, s } = start()
    const record = { info: agent.info, deactivated: false, drain: undefined, drainStartedAt: 0 }
    const next = new World({ registry: { admitted: new Map([[agent.id, record]]) } })
    assert.equal(next.master.recoveredAgents.size, 1)
    const back = next.reregister(agent, carrying(s, agent))
    assert.equal(types(next, back.linkId)[0], 'REREGISTERED')
    assert.equal(next.master.recoveredAgents.size, 0)
    assert.equal(next.master.frameworks.get(s.id)?.connection.state, 'recovered')
    next.advance(10_000_000)
    const again = next.subscribe({ ...s.info })
    assert.equal(again.id, s.id)
    assert.deepEqual(next.statuses(again), [], 'the tasks are simply known')
    next.call(again, { type: 'RECONCILE', reconcile: {} })
    assert.equal(next.statuses(again, 't')[0]?.state, 'TASK_RUNNING')
  })

  test('[mesos 9] an agent that does not return after a failover becomes unreachable', () => {
    const record = { info: { hostname: 'h' }, deactivated: false, drain: undefined, drainStartedAt: 0 }
    const world = new World({ registry: { admitted: new Map([['A', record]]) } })
    const s = world.subscribe()
    world.advance(600_000)
    assert.equal(world.master.unreachableAgents.has('A'), true)
    assert.deepEqual(world.eventsOf(s.streamId).find((event) => event.failure)?.failure, { agent_id: { value: 'A' } })
  })

  test('[mesos 34] a framework that ended meanwhile is shut down on the agent that returns', () => {
    const { world, agent, s } = start()
    world.do({ type: 'link-closed', linkId: agent.linkId })
    world.call(s, { type: 'TEARDOWN' })
    const back = world.reregister(agent, carrying(s, agent))
    assert.ok(types(world, back.linkId).includes('SHUTDOWN_FRAMEWORK'))
    assert.equal(world.master.frameworks.size, 0)
  })

  test('[mesos 69] with quota set nothing is offered after a failover until most agents are back', () => {
    const record = { info: { hostname: 'h' }, deactivated: false, drain: undefined, drainStartedAt: 0 }
    const admitted = new Map(['A', 'B', 'C'].map((id) => [id, record]))
    const quotas = [{ role: 'x', limits: { cpus: { value: 1 } } }]
    const world = new World({ registry: { admitted, quotas } })
    const s = world.subscribe()
    const back = (id: string, port: number): void => {
      world.reregister({ id, linkId: 0, info: { ...world.agentInfo(), port, id: { value: id } } })
      world.advance(2000)
    }
    back('A', 1)
    assert.equal(world.offers(s).length, 0)
    back('B', 2)
    assert.equal(world.offers(s).length, 2)
  })

  test('[mesos 69] or until the wait is over', () => {
    const record = { info: { hostname: 'h' }, deactivated: false, drain: undefined, drainStartedAt: 0 }
    const admitted = new Map(['A', 'B', 'C'].map((id) => [id, record]))
    const registry = { admitted, quotas: [{ role: 'x', limits: { cpus: { value: 1 } } }] }
    const world = new World({ registry, config: { allocatorRecoveryTimeoutMs: 5000 } })
    const s = world.subscribe()
    world.addAgent()
    world.advance(4000)
    assert.equal(world.offers(s).length, 0)
    world.advance(2000)
    assert.equal(world.offers(s).length, 1)
  })

  test('an operation that the agent does not know is asked about, and not undone twice', () => {
    const { world, agent, s } = start({ principal: 'p' })
    world.advance(1000)
    const reserved: mesos.Resource = {
      ...scalar('cpus', 1, 'r'),
      reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p' }],
    }
    world.accept(s, world.offer(s), [{ type: 'RESERVE', id: { value: 'op' }, reserve: { resources: [reserved] } }])
    world.do({ type: 'link-closed', linkId: agent.linkId })
    const back = world.reregister(agent, carrying(s, agent))
    const asked = world.toAgent(back.linkId).find((message) => message.reconcile_operations)?.reconcile_operations
    const total = world.master.agents.get(agent.id)?.total.toString()
    assert.doesNotMatch(total ?? '', /DYNAMIC/)
    const [operation_uuid] = asked?.operation_uuids ?? []
    const status: mesos.OperationStatus = {
      operation_id: { value: 'op' },
      state: 'OPERATION_DROPPED',
      uuid: { value: new Uint8Array(16) },
    }
    world.say(back.linkId, { type: 'OPERATION_STATUS', operation_status: { operation_uuid: operation_uuid!, status } })
    assert.equal(world.eventsOf(s.streamId).at(-1)?.update_operation_status?.status.state, 'OPERATION_DROPPED')
    assert.equal(world.master.agents.get(agent.id)?.total.toString(), total)
  })

  test('an agent that tries again while its return is being written is sent away to come again', () => {
    const { agent, s } = start()
    const record = { info: { ...agent.info, port: 6000 }, deactivated: false, drain: undefined, drainStartedAt: 0 }
    const next = new World({ registry: { admitted: new Map([[agent.id, record]]) } })
    next.holdStore = true
    const first = next.reregister(agent, carrying(s, agent))
    next.do({ type: 'link-closed', linkId: first.linkId })
    const second = next.reregister(agent, carrying(s, agent))
    assert.ok(next.closedLinks.has(second.linkId))
    next.releaseStore()
    assert.deepEqual(types(next, second.linkId), [])
    const third = next.reregister(agent, carrying(s, agent))
    assert.equal(types(next, third.linkId)[0], 'REREGISTERED')
    assert.deepEqual(
      [next.master.agents.get(agent.id)?.connected, next.master.agents.get(agent.id)?.link],
      [true, third.linkId],
    )
    assert.equal(next.master.agents.get(agent.id)?.tasks.size, 1)
  })

  test('an agent that comes while it is being marked unreachable is sent away to come again', () => {
    const { world, agent, s } = start()
    world.silent.add(agent.linkId)
    world.holdStore = true
    world.advance(90_000)
    const early = world.reregister(agent, carrying(s, agent))
    assert.ok(world.closedLinks.has(early.linkId))
    world.releaseStore()
    const late = world.reregister(agent, carrying(s, agent))
    assert.equal(types(world, late.linkId)[0], 'REREGISTERED')
  })

  test('[mesos 76] checkpointed reservations are part of the total', () => {
    const world = new World()
    const info = { ...world.agentInfo('cpus:4;mem:100'), id: { value: 'OLD-S1' } }
    const kept: mesos.Resource = { ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: 'r' }] }
    world.reregister({ id: 'OLD-S1', linkId: 0, info }, { checkpointed_resources: [kept] })
    assert.equal(
      world.master.agents.get('OLD-S1')?.total.toString(),
      'cpus:3; mem:100; cpus(reservations: [(DYNAMIC,r)]):1',
    )
  })
})

suite('an operator takes agents away', () => {
  test('[mesos 12] offers of an agent that is marked gone are rescinded', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    const offer = world.offer(s)
    world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } })
    assert.deepEqual(
      world.eventsOf(s.streamId).flatMap(({ rescind }) => rescind?.offer_id.value ?? []),
      [offer.id.value],
    )
  })

  test('[mesos 12] MARK_AGENT_GONE: registry first, tasks gone by operator, the agent never returns', () => {
    const { world, agent, s } = start()
    world.holdStore = true
    assert.equal(
      world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } }),
      undefined,
    )
    assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_RUNNING')
    world.releaseStore()
    const status = world.statuses(s, 't').at(-1)
    assert.deepEqual([status?.state, status?.reason], ['TASK_GONE_BY_OPERATOR', 'REASON_AGENT_REMOVED_BY_OPERATOR'])
    assert.ok(types(world, agent.linkId).includes('SHUTDOWN'))
    const back = world.reregister(agent)
    assert.equal(world.toAgent(back.linkId)[0]?.shutdown?.message, 'Agent has been marked gone')
    assert.equal(
      world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } })?.status,
      200,
    )
    const unknown = world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: 'X' } } })
    assert.deepEqual(unknown, { status: 404, text: "Agent 'X' not found" })
  })

  test('[mesos 13] a deactivated agent keeps its tasks and gets no offers until it is reactivated', () => {
    const { world, agent, s } = start()
    const agent_id = { value: agent.id }
    assert.equal(world.operate({ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } })?.status, 200)
    world.advance(10_000)
    assert.equal(world.offers(s).length, 0)
    assert.equal(world.master.frameworks.get(s.id)?.tasks.size, 1)
    assert.equal(world.operate({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })?.status, 200)
    world.advance(1000)
    assert.equal(world.offers(s).length, 1)
    const again = world.operate({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } })
    assert.deepEqual(again, { status: 400, text: 'Agent is not deactivated' })
  })

  test('[mesos 14] [mesos 15] a drain ends with the acknowledgement of the last task', () => {
    const { world, agent, s } = start()
    const drain_agent = { agent_id: { value: agent.id }, max_grace_period: { seconds: 5 } }
    assert.equal(world.operate({ type: 'DRAIN_AGENT', drain_agent })?.status, 200)
    const told = world.toAgent(agent.linkId).find((message) => message.drain)?.drain?.config
    assert.equal(Number(told?.max_grace_period?.nanoseconds), 5e9)
    const uuid = world.update([s, agent, 't'], 'TASK_KILLED')
    assert.equal(world.statuses(s, 't').at(-1)?.reason, 'REASON_AGENT_DRAINING')
    assert.equal(world.master.agents.get(agent.id)?.drain?.state, 'DRAINING')
    const early = world.operate({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: { value: agent.id } } })
    assert.equal(early?.text, 'Agent is still in the DRAINING state')
    world.acknowledge([s, agent, 't'], uuid)
    assert.equal(world.master.agents.get(agent.id)?.drain?.state, 'DRAINED')
  })

  test('[mesos 16] a drain can end in gone', () => {
    const { world, agent, s } = start()
    world.operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agent.id }, mark_gone: true } })
    const uuid = world.update([s, agent, 't'], 'TASK_KILLED')
    assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_GONE_BY_OPERATOR')
    world.acknowledge([s, agent, 't'], uuid)
    assert.equal(world.master.goneAgents.has(agent.id), true)
  })

  for (const [how, isGone] of [
    ['drained', false],
    ['gone', true],
  ] as const) {
    test(`[mesos 14] an agent that is lost while it drains is not ${how}: its task may still run`, () => {
      const { world, agent, s } = start()
      world.operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agent.id }, mark_gone: isGone } })
      world.silent.add(agent.linkId)
      world.advance(90_000)
      assert.equal(world.statuses(s, 't').at(-1)?.state, 'TASK_UNREACHABLE')
      assert.equal(world.master.unreachableAgents.get(agent.id)?.drain?.state, 'DRAINING')
      assert.match(world.stored.get(`master/agents/unreachable/${agent.id}`) ?? '', /"state":"DRAINING"/)
      assert.equal(world.stored.has(`master/agents/gone/${agent.id}`), false)
    })
  }

  test('[mesos 17] the drain of an unreachable agent is applied when it returns', () => {
    const { world, agent, s } = startUnreachable()
    assert.equal(world.operate({ type: 'DRAIN_AGENT', drain_agent: { agent_id: { value: agent.id } } })?.status, 200)
    const back = world.reregister(agent, carrying(s, agent))
    assert.ok(types(world, back.linkId).includes('DRAIN'))
    world.advance(5000)
    assert.equal(world.offers(s).length, 0)
  })

  test('[mesos 18] old entries of the registry are forgotten', () => {
    const world = new World({
      config: { registryMaxAgentAgeMs: 1000 },
      registry: { gone: new Map([['G', { at: 0 }]]) },
    })
    world.stored.set('master/agents/gone/G', '{}')
    world.advance(900_000)
    assert.equal(world.master.goneAgents.size, 0)
    assert.equal(world.stored.has('master/agents/gone/G'), false)
  })
})

test('[mesos 225] an agent is reached where it says, else at its host name if that is an address, else where it calls from', () => {
  const register = (hostname: string, advertised_ip?: string): string => {
    const world = new World()
    const linkId = world.openLink('10.0.0.1')
    const agent_info = world.agentInfo(undefined, { hostname })
    world.say(linkId, {
      type: 'REGISTER',
      register: { agent_info, version: '1.12.0', ...(advertised_ip && { advertised_ip }) },
    })
    return [...world.master.agents.values()][0]?.ip ?? ''
  }
  assert.equal(register('h1'), '10.0.0.1')
  assert.equal(register('10.0.0.2'), '10.0.0.2')
  assert.equal(register('10.0.0.2', '192.0.2.7'), '192.0.2.7')
})

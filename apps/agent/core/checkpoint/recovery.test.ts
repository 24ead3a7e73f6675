import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentConfig } from '../index.ts'
import {
  AGENT_ID,
  BenchAgent,
  FRAMEWORK_ID,
  frameworkInfo,
  scalar,
  taskInfo,
  testConfig,
} from '../testing/bench-agent.ts'

const custom = (id: string): mesos.TaskInfo => {
  const { command: _command, ...info } = taskInfo(id)
  const executor = { executor_id: { value: 'mine' }, framework_id: { value: FRAMEWORK_ID }, command: { value: 'x' } }
  return { ...info, executor }
}
const stateAndReason = (agent: BenchAgent) => agent.sent().map(({ state, reason }) => [state, reason])

test('a task that may use processors without limit is found again', () => {
  const agent = BenchAgent.registered()
  const id = agent.run(taskInfo('t', { limits: { cpus: { value: Infinity } } }))
  agent.launched(id)
  const again = agent.restarted([id])
  const task = again.state.frameworks.get(FRAMEWORK_ID)?.executors.get('t')?.tasks.get('t')
  assert.deepEqual(task?.info.limits, { cpus: { value: Infinity } })
})

suite('a clock that was set back while the agent was away', () => {
  test('makes no grace of a kill longer than a whole one', () => {
    const agent = BenchAgent.registered()
    const id = agent.run(taskInfo('t'))
    agent.launched(id)
    agent.kill('t', 10_000)
    agent.now -= 3_600_000
    const again = agent.restarted([id])
    again.advance(9_999)
    assert.deepEqual(again.signals(), ['SIGTERM'])
    again.advance(1)
    assert.deepEqual(again.signals(), ['SIGTERM', 'SIGKILL'])
  })

  test('leaves a task no more than all of the time that it may take', () => {
    const agent = BenchAgent.registered()
    const id = agent.run(taskInfo('t', { max_completion_time: { nanoseconds: 60_000_000_000n } }))
    agent.launched(id)
    agent.now -= 3_600_000
    const again = agent.restarted([id])
    again.advance(59_999)
    assert.deepEqual(again.signals(), [])
    again.advance(1)
    assert.deepEqual(again.signals(), ['SIGTERM'])
  })
})

/** An agent with the running tasks a and b and everything acknowledged. */
function twoRunning(): { readonly agent: BenchAgent; readonly containers: string[] } {
  const agent = BenchAgent.registered()
  const containers = ['a', 'b'].map((id) => agent.run(taskInfo(id)))
  for (const container of containers) agent.launched(container)
  agent.drain()
  agent.take()
  return { agent, containers }
}

suite('a changed configuration', () => {
  const cpus = (value: number): mesos.Resource => ({ name: 'cpus', type: 'SCALAR', scalar: { value } })
  const rest = testConfig().resources.filter(({ name }) => name !== 'cpus')
  const domain = (region: string, zone: string): mesos.DomainInfo => ({
    fault_domain: { region: { name: region }, zone: { name: zone } },
  })
  const rack = (value: string): mesos.Attribute => ({ name: 'rack', type: 'TEXT', text: { value } })
  const cases: readonly {
    readonly title: string
    readonly change: Partial<AgentConfig>
    readonly equal?: RegExp
    readonly additive?: RegExp
  }[] = [
    { title: 'none', change: {} },
    {
      title: 'another hostname',
      change: { hostname: 'other' },
      equal: /under 'equal' policy: Hostname changed from localhost to other; restore the configuration, allow more/,
      additive: /under 'additive' policy: Hostname changed from localhost to other; restore the configuration, or/,
    },
    {
      title: 'another port',
      change: { port: 5052 },
      equal: /Port number changed from 5051 to 5052/,
      additive: /Port number changed from 5051 to 5052/,
    },
    {
      title: 'more cpus',
      change: { resources: [...rest, cpus(8)] },
      equal: /Resources changed from cpus:4; .* cpus:8/,
    },
    {
      title: 'fewer cpus',
      change: { resources: [...rest, cpus(2)] },
      equal: /Resources changed/,
      additive: /Resources were taken away/,
    },
    {
      title: 'no cpus',
      change: { resources: rest },
      equal: /Resources changed/,
      additive: /Resources were taken away/,
    },
    {
      title: 'cpus of another type',
      change: { resources: [...rest, { name: 'cpus', type: 'SET', set: { item: ['a'] } }] },
      equal: /Resources changed/,
      additive: /Type of resource 'cpus' changed from SCALAR to SET/,
    },
    {
      title: 'a new resource',
      change: { resources: [...rest, cpus(4), { ...cpus(2), name: 'x' }] },
      equal: /Resources/,
    },
    {
      title: 'a new attribute',
      change: { attributes: [rack('r1'), { ...rack('x'), name: 'zone' }] },
      equal: /Attributes changed from rack:r1 to rack:r1;zone:x/,
    },
    {
      title: 'another value of an attribute',
      change: { attributes: [rack('r2')] },
      equal: /Attributes changed/,
      additive: /Attribute 'rack:r1' is missing or has another value/,
    },
    {
      title: 'no attribute',
      change: { attributes: [] },
      equal: /from rack:r1 to none/,
      additive: /Attribute 'rack:r1'/,
    },
    {
      title: 'another domain',
      change: { domain: domain('r', 'z2') },
      equal: /Domain changed from \{"region":"r","zone":"z1"\} to \{"region":"r","zone":"z2"\}/,
      additive: /Domain changed from/,
    },
    {
      title: 'no domain',
      change: { domain: undefined },
      equal: /Domain changed from \{.*\} to none/,
      additive: /Domain changed from/,
    },
  ]
  const given = { attributes: [rack('r1')], domain: domain('r', 'z1') }
  const { journal } = BenchAgent.registered({ config: testConfig(given) })
  for (const { title, change, ...problems } of cases) {
    for (const policy of ['equal', 'additive'] as const) {
      const problem = problems[policy]
      test(`[mesos 24] [mesos 25] changed by ${title}, a start is ${problem === undefined ? 'allowed' : 'refused'} under ${policy}`, () => {
        const config = testConfig({ ...given, reconfigurationPolicy: policy, ...change })
        const start = () => new BenchAgent({ journal: new Map(journal), config })
        if (problem === undefined) assert.doesNotThrow(start)
        else assert.throws(start, problem)
      })
    }
  }

  test("[mesos 25] a first domain is allowed under additive alone, and is the agent's own from then on", () => {
    const agent = BenchAgent.registered()
    const start = (change: Partial<AgentConfig>) =>
      new BenchAgent({ journal: new Map(agent.journal), config: testConfig(change) })
    const first = { domain: domain('r', 'z1') }
    assert.throws(() => start(first), /Domain changed from none to/)
    const next = agent.restarted([], { config: testConfig({ ...first, reconfigurationPolicy: 'additive' }) })
    next.reregister()
    assert.throws(() => next.restarted([], { config: testConfig() }), /Domain changed from .* to none/)
  })

  test('[mesos 26] after a reboot an agent that is not what it was joins as a new one; its reservations stay', () => {
    const agent = BenchAgent.registered()
    agent.journal.set('resources', JSON.stringify({ v: 1, resources: [] }))
    const config = testConfig({ hostname: 'other' })
    const next = new BenchAgent({ journal: agent.journal, config, bootId: 'boot-2' })
    assert.equal(next.state.agentId, undefined)
    assert.deepEqual([...next.journal.keys()], ['resources'])
    assert.match(next.problems.join(), /joining as a new agent: .*Hostname changed/)
  })
})

suite('a reboot', () => {
  test('[mesos 26] [reliability R7] every task has its terminal update within the one re-registration, under the same id', () => {
    const { agent, containers } = twoRunning()
    agent.run(custom('c'))
    const next = agent.restarted(containers, { bootId: 'boot-2' })
    assert.deepEqual(next.toRecover, [], 'pids and start times say nothing after a reboot')
    assert.equal(next.state.agentId, AGENT_ID)
    next.take()
    next.reregister()
    const updates = next.sent().map(({ task_id, state, message }) => [task_id.value, state, message])
    assert.deepEqual(updates, [
      ['a', 'TASK_GONE', 'The machine was rebooted'],
      ['b', 'TASK_GONE', 'The machine was rebooted'],
      ['c', 'TASK_FAILED', 'Executor terminated'],
    ])
    next.drain()
    assert.equal(next.state.frameworks.size, 0)
  })

  test('is noticed once: what is launched after it survives the next restart', () => {
    const { agent } = twoRunning()
    const rebooted = agent.restarted([], { bootId: 'boot-2' })
    rebooted.reregister()
    rebooted.drain()
    const container = rebooted.run(taskInfo('later'))
    rebooted.launched(container)
    assert.deepEqual(rebooted.restarted([container], { bootId: 'boot-2' }).toRecover, [container])
  })
})

suite('a checkpoint with an entry that cannot be read', () => {
  test('[mesos 129] stops a strict agent, which names the file, the entry and what to do', () => {
    const { agent } = twoRunning()
    agent.journal.set(`executor/${FRAMEWORK_ID}/a`, '{"v":1}')
    assert.throws(
      () => agent.restarted([]),
      /entry executor\/m-0000\/a of the checkpoint meta\/agent\.journal cannot be read; restore .*--strict=false/,
    )
  })

  test('[mesos 129] is left out by another with all that belongs to it, and it says what', () => {
    const { agent, containers } = twoRunning()
    agent.journal.set(`executor/${FRAMEWORK_ID}/a`, '{"v":1}')
    const next = agent.restarted(containers, { strict: false })
    assert.deepEqual([...(next.state.frameworks.get(FRAMEWORK_ID)?.executors.keys() ?? [])], ['b'])
    assert.deepEqual(next.toRecover, containers.slice(1), 'the container is an orphan now')
    assert.equal(next.problems.length, 3)
    assert.match(next.problems.join('\n'), /its executor a is missing/)
    const again = next.restarted(containers)
    assert.deepEqual(again.problems, [], 'a strict agent may follow')
    const ids = { framework_id: { value: FRAMEWORK_ID }, task_id: { value: 'a' } }
    again.input({ type: 'link-up' })
    again.take()
    again.master({ type: 'REREGISTERED', reregistered: { agent_id: { value: AGENT_ID }, reconcile_tasks: [ids] } })
    assert.deepEqual(stateAndReason(again), [['TASK_DROPPED', 'REASON_RECONCILIATION']])
  })

  test('an update whose framework is missing is never silently forgotten', () => {
    const { agent } = twoRunning()
    agent.journal.delete(`framework/${FRAMEWORK_ID}`)
    assert.throws(() => agent.restarted([]), /its framework m-0000 is missing/)
  })
})

suite('what a restarted agent owes', () => {
  test('[mesos 125] unacknowledged updates go out again one by one, in their order, until each is acknowledged', () => {
    const agent = BenchAgent.registered()
    const container = agent.run(taskInfo('t'))
    agent.launched(container)
    agent.ended(container)
    let next = agent.restarted([])
    for (const state of ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']) {
      next.reregister()
      const [status, ...more] = next.sent()
      assert.deepEqual([status?.state, more.length], [state, 0])
      next.take()
      next.advance(10_000)
      assert.deepEqual(next.sent()[0], status, 'sent again when nobody acknowledges')
      if (status !== undefined) next.acknowledge(status)
      next = next.restarted([])
    }
    next.reregister()
    assert.deepEqual(next.sent(), [])
  })

  test('the refusal of a launch, also of a framework that has nothing else here', () => {
    const agent = BenchAgent.registered()
    agent.run(taskInfo('t', { resources: [{ ...scalar('cpus', 1), reservations: [{ type: 'DYNAMIC', role: 'r' }] }] }))
    const next = agent.restarted([])
    next.reregister()
    assert.deepEqual(stateAndReason(next), [['TASK_DROPPED', 'REASON_RESOURCES_UNKNOWN']])
  })

  test('an answer for a task that it never wrote down, also of a framework that it does not know', () => {
    const agent = BenchAgent.registered().restarted([])
    agent.input({ type: 'link-up' })
    agent.take()
    const task = {
      framework_id: { value: FRAMEWORK_ID },
      task_id: { value: 'lost' },
      framework_info: frameworkInfo({ capabilities: [] }),
    }
    agent.master({ type: 'REREGISTERED', reregistered: { agent_id: { value: AGENT_ID }, reconcile_tasks: [task] } })
    assert.deepEqual(stateAndReason(agent), [['TASK_LOST', 'REASON_RECONCILIATION']])
    agent.drain()
    assert.equal(agent.state.frameworks.size, 0)
  })

  test('nothing for a framework that was shut down, also when it crashes before the tasks have ended', () => {
    const agent = BenchAgent.registered()
    agent.launched(agent.run(taskInfo('t')))
    agent.master({
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: { value: FRAMEWORK_ID } },
    })
    assert.deepEqual(
      [...agent.journal.keys()].filter((key) => key.startsWith('update/')),
      [],
    )
  })
})

suite('executors of a restarted agent', () => {
  test('one that does not come back in time is destroyed, its tasks are gone; only then a master is looked for', () => {
    const agent = BenchAgent.registered()
    const container = agent.run(custom('c'))
    agent.launched(container)
    agent.drain()
    const next = agent.restarted([container])
    assert.deepEqual(next.take(), [])
    next.advance(2000)
    assert.deepEqual(
      next.take().map((effect) => effect.type),
      ['destroy', 'connect'],
    )
    next.reregister()
    next.ended(container, { signal: 9 })
    assert.deepEqual(stateAndReason(next), [['TASK_GONE', 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT']])
  })

  test('[mesos 128] --recover=cleanup ends everything and the agent, and no master is looked for', () => {
    const { agent, containers } = twoRunning()
    const next = new BenchAgent({ journal: new Map(agent.journal) })
    next.now = agent.now
    next.input({
      type: 'recovered',
      cleanup: true,
      containers: containers.map((containerId) => ({ containerId, state: 'running' })),
    })
    assert.deepEqual(next.signals(), ['SIGTERM', 'SIGTERM'])
    for (const container of containers) next.ended(container, { signal: 15 })
    const types = next.take().map((effect) => effect.type)
    assert.ok(types.includes('exit') && !types.includes('connect') && !types.includes('send'), types.join())
  })
})

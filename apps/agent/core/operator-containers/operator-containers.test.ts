import type { agent, mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LaunchPlan, OperatorReply } from '../index.ts'
import { containersView } from '../index.ts'
import { BenchAgent, frameworkInfo, scalar, taskInfo } from '../testing/bench-agent.ts'

/** An agent with a task that runs, and an operator who calls it. */
class Scene {
  agent = BenchAgent.registered()
  readonly host: mesos.ContainerID
  #lastId = 0

  constructor(framework = frameworkInfo()) {
    const key = this.agent.run(taskInfo('t'), framework)
    this.agent.launched(key)
    this.host = { value: key }
    this.agent.take()
  }

  nested(value: string, parent = this.host): mesos.ContainerID {
    return { value, parent }
  }

  call(call: agent.Call): OperatorReply | undefined {
    const requestId = ++this.#lastId
    this.agent.input({ type: 'operator-call', requestId, call })
    return this.reply(requestId)
  }

  /** Of the last call, or of that one. */
  reply(requestId = this.#lastId): OperatorReply | undefined {
    const replies = this.agent.effects.flatMap((effect) => (effect.type === 'operator-reply' ? [effect] : []))
    return replies.find((effect) => effect.requestId === requestId)?.reply
  }

  launch(id: mesos.ContainerID, type: 'LAUNCH_CONTAINER' | 'LAUNCH_NESTED_CONTAINER_SESSION' = 'LAUNCH_CONTAINER') {
    const body = { container_id: id, command: { value: 'sleep 1' } }
    const member = type === 'LAUNCH_CONTAINER' ? 'launch_container' : 'launch_nested_container_session'
    return this.call({ type, [member]: body })
  }

  /** Launches it and lets it run; gives its key. */
  run(id: mesos.ContainerID, type?: 'LAUNCH_NESTED_CONTAINER_SESSION'): string {
    this.launch(id, type)
    const key = this.plan().containerId
    this.agent.launched(key, 200)
    assert.equal(this.reply()?.status, 200)
    return key
  }

  plan(): LaunchPlan {
    const plans = this.agent.effects.flatMap((effect) => (effect.type === 'launch' ? [effect.plan] : []))
    const plan = plans.at(-1)
    assert.ok(plan)
    return plan
  }

  wait(id: mesos.ContainerID): OperatorReply | undefined {
    return this.call({ type: 'WAIT_CONTAINER', wait_container: { container_id: id } })
  }

  destroyed(): string[] {
    return this.agent.effects.flatMap((effect) => (effect.type === 'destroy' ? [effect.containerId] : []))
  }

  stored(): string[] {
    return [...this.agent.journal.keys()].filter((key) => key.startsWith('operator/'))
  }
}

describe('containers of operators', () => {
  test('a launch is on disk before it is made, and answered when the container runs', () => {
    const scene = new Scene()
    assert.equal(scene.launch(scene.nested('a')), undefined)
    const launch = scene.agent.effects.find((effect) => effect.type === 'launch')
    assert.ok(launch !== undefined && 'after' in launch)
    assert.equal(scene.stored().length, 1)
    const { plan } = launch
    assert.equal(plan.parent, scene.host.value)
    assert.match(plan.sandbox, /\/runs\/[^/]+\/containers\/a$/)
    assert.deepEqual(plan.environment, {
      PATH: '/bin',
      MESOS_SANDBOX: plan.sandbox,
      MESOS_CONTAINER_IP: '127.0.0.1',
    })
    scene.agent.launched(plan.containerId)
    assert.deepEqual(scene.reply(), { status: 200, containerKey: plan.containerId })
    assert.deepEqual(scene.launch(scene.nested('a')), { status: 202 })
  })

  test('a session begins where its parent works, with its environment, and is not written down', () => {
    const scene = new Scene()
    const key = scene.run(scene.nested('s'), 'LAUNCH_NESTED_CONTAINER_SESSION')
    const plan = scene.plan()
    assert.deepEqual(plan.io, { output: 'agent' })
    assert.equal(`${plan.directory}/containers/s`, plan.sandbox)
    assert.equal(plan.environment['MESOS_EXECUTOR_ID'], 't')
    assert.deepEqual(scene.stored(), [])
    scene.agent.input({ type: 'session-closed', containerKey: key })
    assert.deepEqual(scene.destroyed(), [key])
  })

  test('a container below a container joins the processes of the task, in a sandbox below', () => {
    const scene = new Scene()
    scene.run(scene.nested('a'))
    scene.launch(scene.nested('b', scene.nested('a')))
    assert.equal(scene.plan().parent, scene.host.value)
    assert.match(scene.plan().sandbox, /\/containers\/a\/containers\/b$/)
  })

  test('the end is kept until it is removed, and tells whoever waits', () => {
    const scene = new Scene()
    const id = scene.nested('a')
    const key = scene.run(id)
    assert.equal(scene.wait(id), undefined)
    scene.agent.ended(key, { exitCode: 3 })
    const response = { type: 'WAIT_CONTAINER', wait_container: { exit_status: 768 } } as const
    assert.deepEqual(scene.reply(), { status: 200, response })
    assert.deepEqual(scene.wait(id), { status: 200, response })
    const restarted = scene.agent.restarted([scene.host.value])
    assert.deepEqual(
      [...restarted.state.operatorContainers.values()].map(({ phase }) => phase),
      [{ type: 'ended', end: { exitCode: 3 } }],
    )
    scene.call({ type: 'REMOVE_CONTAINER', remove_container: { container_id: id } })
    assert.ok(scene.agent.effects.some((effect) => effect.type === 'remove-sandbox'))
    assert.deepEqual(scene.stored(), [])
    assert.equal(scene.wait(id)?.status, 404)
  })

  test('who has gone is not answered', () => {
    const scene = new Scene()
    const key = scene.run(scene.nested('a'))
    scene.wait(scene.nested('a'))
    scene.agent.input({ type: 'operator-gone', requestId: 2 })
    scene.agent.ended(key)
    assert.equal(scene.reply(2), undefined)
  })

  test('everything below a task ends with it and is forgotten with its end', () => {
    const scene = new Scene()
    const [a, b] = [scene.run(scene.nested('a')), scene.run(scene.nested('b', scene.nested('a')))]
    const ended = scene.run(scene.nested('c'))
    scene.agent.ended(ended)
    scene.agent.take()
    scene.agent.ended(scene.host.value)
    assert.deepEqual(
      scene
        .destroyed()
        .filter((key) => key !== scene.host.value)
        .sort(),
      [a, b].sort(),
    )
    for (const key of [a, b]) scene.agent.ended(key, { signal: 9 })
    assert.equal(scene.agent.state.operatorContainers.size, 0)
    assert.deepEqual(scene.stored(), [])
  })

  test('a standalone container has what it asks for, and no limit where it asks for nothing', () => {
    const scene = new Scene()
    scene.launch({ value: 'alone' })
    assert.deepEqual(scene.plan().limits, { cpusMilli: 1000, memBytes: 0, memLimitBytes: Infinity })
    assert.equal(scene.plan().sandbox, '/w/containers/alone')
    const resources = [scalar('cpus', 0.5), scalar('mem', 64)]
    const launch_container = { container_id: { value: 'other' }, command: { value: 'x' }, resources }
    scene.call({ type: 'LAUNCH_CONTAINER', launch_container })
    assert.deepEqual(scene.plan().limits, { cpusMilli: 500, memBytes: 64 * 1024 * 1024 })
  })

  test('after a restart: what runs goes on, what is lost was killed, what was not told of is ended', () => {
    const scene = new Scene()
    const [runs, lost] = [scene.run(scene.nested('runs')), scene.run(scene.nested('lost'))]
    scene.launch(scene.nested('launching'))
    const launching = scene.plan().containerId
    const restarted = scene.agent.restarted([scene.host.value, runs])
    restarted.input({ type: 'ended', containerId: lost, end: { signal: 9 } })
    const phases = new Map([...restarted.state.operatorContainers.values()].map(({ id, phase }) => [id.value, phase]))
    assert.deepEqual(phases.get('runs'), { type: 'running', pid: 200 })
    assert.deepEqual(phases.get('lost'), { type: 'ended', end: { signal: 9 } })
    assert.equal(phases.has('launching'), false)
    assert.ok(restarted.effects.some((effect) => effect.type === 'destroy' && effect.containerId === launching))
    assert.equal(
      [...restarted.journal.keys()].some((key) => key === `operator/${launching}`),
      false,
    )
  })

  test('nothing of them is left after a reboot, nor of those of a framework that does not checkpoint', () => {
    const scene = new Scene()
    scene.run(scene.nested('a'))
    const rebooted = scene.agent.restarted([], { bootId: 'boot-2' })
    assert.equal(rebooted.state.operatorContainers.size, 0)
    const fleeting = new Scene(frameworkInfo({ checkpoint: false }))
    fleeting.run(fleeting.nested('a'))
    assert.deepEqual(fleeting.stored(), [])
  })

  test('views show those that run, with the executor that they live in', () => {
    const scene = new Scene()
    scene.run(scene.nested('a'))
    scene.run({ value: 'alone' })
    const shown = (options: { nested: boolean; standalone?: boolean }) =>
      containersView(scene.agent.state, { ...options, access: undefined }).map(({ containerId, owner }) => [
        containerId.value,
        owner?.executorId,
      ])
    assert.deepEqual(shown({ nested: false }), [[scene.host.value, 't']])
    assert.deepEqual(shown({ nested: true, standalone: true }), [
      [scene.host.value, 't'],
      ['a', 't'],
      ['alone', undefined],
    ])
  })

  test('an agent that is shut down goes when they have ended', () => {
    const scene = new Scene()
    const key = scene.run({ value: 'alone' })
    scene.agent.input({ type: 'shut-down', message: 'm', unregister: false })
    assert.ok(scene.destroyed().includes(key))
    scene.agent.ended(scene.host.value)
    scene.agent.drain()
    assert.equal(
      scene.agent.effects.some((effect) => effect.type === 'exit'),
      false,
    )
    scene.agent.ended(key, { signal: 9 })
    assert.ok(scene.agent.effects.some((effect) => effect.type === 'exit'))
  })
})

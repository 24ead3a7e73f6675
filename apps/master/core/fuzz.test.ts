/**
 * Calls of every type with random members, mutated ones among them, straight into the core. What throws here would end
 * a master; what is refused must leave everything as it was.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { Random } from '@thermosphere/effects'
import { encodeJson } from '@thermosphere/protocol'
import type { mesos, WireTypes } from '@thermosphere/protocol'
import { pick, randomMessage, receivedMessage } from '@thermosphere/protocol/fuzz'
import type { Samples } from '@thermosphere/protocol/fuzz'
import {
  everything,
  largeAnswer,
  metricsView,
  operatorCallProblem,
  schedulerCallProblem,
  stateAnswer,
  v1Views,
} from './index.ts'
import type { Reply } from './index.ts'
import { assertBooksAgree } from './testing/books-agree.ts'
import { rendered, scalar, task, World } from './testing/world.ts'
import type { Scheduler, TestAgent } from './testing/world.ts'

const seeds = [1, 2]
const callsPerSeed = 150
const frameworksMax = 12
/** Calls that never come to the core. */
const isForShell = /^(GET_|LIST_|READ_|SET_LOGGING|SUBSCRIBE|UNKNOWN)/
const surroundings = { version: { version: '1.12.0' }, flags: {} }

type CallName = 'mesos.v1.scheduler.Call' | 'mesos.v1.master.Call'

/** A master with agents and frameworks, and somebody who says anything to it. */
class Attack {
  readonly world: World
  readonly statuses = new Map<number, number>()
  #agents: TestAgent[] = []
  #lastId = 1_000_000
  readonly #random: Random

  constructor(seed: number) {
    this.world = new World({ seed })
    this.#random = createRandom(seed)
  }

  /** Keeps enough alive to be talked about. */
  populate(): void {
    const { world } = this
    this.#agents = this.#agents.filter(({ id }) => world.master.agents.get(id)?.connected)
    while (this.#agents.length < 2) this.#agents.push(world.addAgent(undefined, { port: this.#lastId++ % 60_000 }))
    const frameworks = [...world.master.frameworks.values()]
    for (const { id } of frameworks.slice(frameworksMax))
      world.operate({ type: 'TEARDOWN', teardown: { framework_id: { value: id } } })
    while (this.#schedulers().length < 2) world.subscribe()
    world.advance(pick(this.#random, [0, 0, 10, 1_000, 6_000]))
  }

  /** One call; fails when it is refused and changes something all the same. */
  call(): void {
    const who = pick(this.#random, this.#schedulers())
    const before = this.#told()
    const reply = this.#random.integer(2) === 0 ? this.#operate(who) : this.#schedule(who)
    if (reply === undefined) return this.call()
    this.statuses.set(reply.status, (this.statuses.get(reply.status) ?? 0) + 1)
    assert.ok(reply.status < 400 || this.#told() === before, `${reply.status} ${reply.text ?? ''} changed something`)
  }

  /** An agent says how one of its tasks is. */
  update(): void {
    const agent = pick(this.#random, this.#agents)
    const tasks = [...(this.world.master.agents.get(agent.id)?.tasks.values() ?? [])]
    const states = ['TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED'] as const
    if (tasks.length === 0) return
    const { frameworkId, id } = pick(this.#random, tasks)
    const who = this.#schedulers().find((one) => one.id === frameworkId)
    if (who !== undefined) this.world.update([who, agent, id], pick(this.#random, states))
  }

  #schedule(who: Scheduler): Reply | undefined {
    const { world } = this
    const decoded = this.#decoded('mesos.v1.scheduler.Call', who)
    if (decoded === undefined) return undefined
    const call = this.#random.integer(4) === 0 ? decoded : { ...decoded, framework_id: { value: who.id } }
    if (schedulerCallProblem(call) !== undefined) return undefined
    const id = this.#lastId++
    if (call.type === 'SUBSCRIBE' && call.subscribe) {
      world.do({ type: 'subscribe', streamId: `s${id}`, subscribe: call.subscribe })
      return undefined
    }
    const streamId = this.#random.integer(8) === 0 ? 'another' : who.streamId
    world.do({ type: 'scheduler-call', requestId: id, streamId, call })
    return this.#replyTo(id)
  }

  #operate(who: Scheduler): Reply | undefined {
    const call = this.#decoded('mesos.v1.master.Call', who)
    if (call === undefined || operatorCallProblem(call) !== undefined || isForShell.test(call.type ?? ''))
      return undefined
    const id = this.#lastId++
    this.world.do({ type: 'operator-call', requestId: id, call })
    return this.#replyTo(id)
  }

  #replyTo(requestId: number): Reply {
    const reply = this.world.replies.get(requestId)
    assert.ok(reply, 'every call is answered')
    assert.ok(reply.status < 500 || reply.status === 501, `${reply.status} ${reply.text ?? ''}`)
    return reply
  }

  /** As a codec gives it, if it does. */
  #decoded<Name extends CallName>(name: Name, who: Scheduler): WireTypes[Name] | undefined {
    const random = this.#random
    const message = randomMessage(name, random, this.#samples(who))
    return receivedMessage(name, message, random)
  }

  #schedulers(): Scheduler[] {
    return [...this.world.master.frameworks.values()].flatMap(({ id, info, connection }) =>
      connection.state === 'connected' ? [{ id, streamId: connection.streamId, info }] : [],
    )
  }

  /** What the master knows, or nearly, in the places where it may stand. */
  #samples(who: Scheduler): Samples {
    const { master } = this.world
    const offers = this.world.offers(who)
    const tasks = [...(master.frameworks.get(who.id)?.tasks.keys() ?? [])]
    const ids = (values: Iterable<string>): { value: string }[] => ['unknown', ...values].map((value) => ({ value }))
    const role = who.info.roles?.[0] ?? '*'
    const reserved = { ...scalar('cpus', 1, role), reservations: [{ type: 'DYNAMIC', role }] }
    const offered = offers.flatMap((offer): readonly mesos.Resource[] => offer.resources ?? [])
    const infos = offers.map((offer) => task(`t${this.#random.integer(1_000)}`, offer))
    return {
      'mesos.v1.FrameworkID': [{ value: who.id }, ...ids([who.id, who.id, ...master.frameworks.keys()])],
      'mesos.v1.AgentID': ids(master.agents.keys()),
      'mesos.v1.OfferID': offers.length === 0 ? ids([]) : offers.map(({ id }) => id),
      'mesos.v1.TaskID': ids(tasks),
      'mesos.v1.ExecutorID': ids(tasks),
      'mesos.v1.MachineID': [{ hostname: 'h1', ip: '10.0.0.1' }],
      'mesos.v1.Resource': [...offered, reserved, scalar('cpus', 0.5, role), scalar('mem', 10)],
      'mesos.v1.FrameworkInfo': [who.info],
      ...(infos.length > 0 && { 'mesos.v1.TaskInfo': infos }),
    }
  }

  /** All that anybody can ask for; counters aside. */
  #told(): string {
    const { master, stored } = this.world
    const large = (['GET_AGENTS', 'GET_STATE'] as const).map((type) =>
      new TextDecoder().decode(rendered(largeAnswer(master, everything, { type, encoding: 'application/json' }))),
    )
    const views = Object.values(v1Views).map((view) => encodeJson('mesos.v1.master.Response', view(master, everything)))
    return [...large, ...views, JSON.stringify([...stored])].join('\n')
  }
}

for (const seed of seeds) {
  test(`no call ends a master, and what it refuses changes nothing (seed ${seed})`, () => {
    const attack = new Attack(seed)
    const { world } = attack
    for (let calls = 0; calls < callsPerSeed; calls++) {
      attack.populate()
      attack.call()
      attack.update()
      assertBooksAgree(world.master)
      if (calls % 50 > 0) continue
      JSON.parse(new TextDecoder().decode(rendered(stateAnswer(world.master, everything, surroundings))))
      for (const view of Object.values(v1Views)) assert.ok(view(world.master, everything).type)
      for (const value of metricsView(world.master, world.now).values()) assert.ok(Number.isFinite(value))
    }
    assert.ok((attack.statuses.get(202) ?? 0) > 0 && (attack.statuses.get(400) ?? 0) > 0)
  })
}

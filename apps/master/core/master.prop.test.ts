import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink, mesos } from '@thermosphere/protocol'
import { everything, largeAnswer, metricsView, stateAnswer, stateSummaryAnswer, v1Views } from './index.ts'
import type { Master, MasterConfig, Rendering } from './index.ts'
import { isTerminal } from './states.ts'
import { assertBooksAgree } from './testing/books-agree.ts'
import { plainClassicLists, plainState, plainStateJson } from './testing/plain-answers.ts'
import { rendered, scalar, task, World } from './testing/world.ts'
import type { Scheduler, TestAgent } from './testing/world.ts'

type Move =
  | { readonly move: 'launch' | 'decline' | 'reserve'; readonly who: number; readonly amount: number }
  | { readonly move: 'update'; readonly pick: number; readonly state: mesos.TaskState }
  | { readonly move: 'acknowledge' | 'kill'; readonly pick: number }
  | {
      readonly move: 'subscribe' | 'disconnect' | 'resubscribe' | 'teardown' | 'suppress' | 'revive'
      readonly who: number
    }
  | { readonly move: 'add-agent' | 'freeze' | 'break-link' | 'return' | 'gone'; readonly who: number }
  | { readonly move: 'wait'; readonly ms: number }

const index = fc.nat(3)
const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      move: fc.constantFrom('launch', 'decline', 'reserve'),
      who: index,
      amount: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      move: fc.constant('update'),
      pick: index,
      state: fc.constantFrom<mesos.TaskState>('TASK_RUNNING', 'TASK_FINISHED', 'TASK_FAILED', 'TASK_LOST'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ move: fc.constantFrom('acknowledge', 'kill'), pick: index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      move: fc.constantFrom('subscribe', 'disconnect', 'resubscribe', 'teardown', 'suppress', 'revive'),
      who: index,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ move: fc.constantFrom('add-agent', 'freeze', 'break-link', 'return', 'gone'), who: index }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ move: fc.constant('wait'), ms: fc.constantFrom(100, 1000, 5000, 20_000, 100_000) }),
  },
)

type Run = {
  readonly s: Scheduler
  readonly agent: TestAgent
  readonly id: string
  uuid?: Uint8Array
  state: mesos.TaskState
  readonly resources: mesos.Resource[]
}

/** A crowd that does anything in any order. */
class Crowd {
  readonly world: World
  readonly schedulers: Scheduler[] = []
  readonly agents: TestAgent[] = []
  readonly runs: Run[] = []
  #next = 0

  constructor(config: Partial<MasterConfig> = {}) {
    this.world = new World({ config })
  }

  perform(move: Move): void {
    switch (move.move) {
      case 'wait':
        return this.world.advance(move.ms)
      case 'launch':
      case 'decline':
      case 'reserve':
        return this.#useOffer(move.move, this.#pick(this.schedulers, move.who), move.amount / 10)
      case 'update':
      case 'acknowledge':
      case 'kill':
        return this.#onRun(move, this.#pick(this.runs, move.pick))
      case 'add-agent':
        return void this.agents.push(
          this.world.addAgent('cpus:4;mem:4000;disk:100', { port: 5051 + this.agents.length }),
        )
      case 'freeze':
      case 'break-link':
      case 'return':
      case 'gone':
        return this.#onAgent(move.move, move.who)
      default:
        return this.#onFramework(move.move, move.who)
    }
  }

  #pick<T>(items: readonly T[], at: number): T | undefined {
    return items[at % Math.max(1, items.length)]
  }

  #useOffer(kind: 'launch' | 'decline' | 'reserve', s: Scheduler | undefined, amount: number): void {
    const offer = s && this.world.offers(s)[0]
    if (!s || !offer) return
    const resources = [scalar('cpus', amount, 'r'), scalar('mem', 100, 'r')]
    if (kind === 'decline') return void this.world.call(s, { type: 'DECLINE', decline: { offer_ids: [offer.id] } })
    if (kind === 'reserve') {
      const reserved = resources.map((one) => ({ ...one, reservations: [{ type: 'DYNAMIC' as const, role: 'r' }] }))
      return void this.world.accept(s, offer, [{ type: 'RESERVE', reserve: { resources: reserved } }])
    }
    const id = `t${this.#next++}`
    const agent = this.agents.findLast((one) => one.id === offer.agent_id.value)
    this.world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [task(id, offer, { resources })] } }])
    const launched = this.world.master.frameworks.get(s.id)?.tasks.has(id)
    if (agent && launched) this.runs.push({ s, agent, id, state: 'TASK_STAGING', resources })
  }

  #onRun(move: Extract<Move, { pick: number }>, run: Run | undefined): void {
    if (!run) return
    const current = this.schedulers.findLast((one) => one.id === run.s.id) ?? run.s
    const agent = this.agents.find((one) => one.id === run.agent.id) ?? run.agent
    if (move.move === 'update') {
      run.uuid = this.world.update([current, agent, run.id], move.state)
      // An agent may say anything, but what has ended there takes no more room.
      if (!isTerminal(run.state)) run.state = move.state
    }
    if (move.move === 'kill') this.world.call(current, { type: 'KILL', kill: { task_id: { value: run.id } } })
    if (move.move === 'acknowledge' && run.uuid) this.world.acknowledge([current, agent, run.id], run.uuid)
  }

  #onAgent(move: 'freeze' | 'break-link' | 'return' | 'gone', at: number): void {
    const agent = this.#pick(this.agents, at)
    if (!agent) return
    if (move === 'freeze') return void this.world.silent.add(agent.linkId)
    if (move === 'break-link') return this.world.do({ type: 'link-closed', linkId: agent.linkId })
    if (move === 'gone')
      return void this.world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } })
    this.agents[this.agents.indexOf(agent)] = this.world.reregister(agent, this.#carried(agent))
  }

  /** What a returning agent says it still runs. */
  #carried(agent: TestAgent): Partial<agentLink.AgentMessage_Reregister> {
    const alive = this.runs.filter((run) => run.agent.id === agent.id && !isTerminal(run.state))
    const tasks = alive.map(({ s, id, state, resources }) => {
      const ids = { framework_id: { value: s.id }, task_id: { value: id }, agent_id: { value: agent.id } }
      return { framework_id: ids.framework_id, task: { ...ids, name: id, state, resources } }
    })
    const infos = new Map(alive.map(({ s }) => [s.id, { ...s.info, id: { value: s.id } }]))
    return { frameworks: [...infos.values()], tasks }
  }

  #onFramework(
    move: 'subscribe' | 'disconnect' | 'resubscribe' | 'teardown' | 'suppress' | 'revive',
    at: number,
  ): void {
    if (move === 'subscribe')
      return void this.schedulers.push(this.world.subscribe({ failover_timeout: 30, checkpoint: at % 2 === 0 }))
    const s = this.#pick(this.schedulers, at)
    if (!s) return
    if (move === 'disconnect') return this.world.disconnect(s)
    if (move === 'resubscribe') {
      const back = this.world.subscribe({ ...s.info })
      if (back.id !== '') this.schedulers[this.schedulers.indexOf(s)] = back
      return
    }
    this.world.call(s, { type: move === 'teardown' ? 'TEARDOWN' : move === 'suppress' ? 'SUPPRESS' : 'REVIVE' })
  }
}

const text = (rendering: Rendering): string => new TextDecoder().decode(rendered(rendering))

/** Lists without regard to order: sums are made in another order than the one in which they were kept. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => JSON.stringify(unordered(one))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]: [string, unknown]) => [key, unordered(member)] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  )
}

/** What is kept in pieces says the same as the state. */
function assertAnswers(master: Master): void {
  const state: unknown = JSON.parse(
    text(largeAnswer(master, everything, { type: 'GET_STATE', encoding: 'application/json' })),
  )
  assert.deepEqual(unordered(state), unordered(JSON.parse(plainStateJson(master))))
  const binary = decodeProtobuf(
    'mesos.v1.master.Response',
    rendered(largeAnswer(master, everything, { type: 'GET_STATE', encoding: 'application/x-protobuf' })),
  )
  const plain = { type: 'GET_STATE', get_state: plainState(master) } as const
  const again = decodeProtobuf('mesos.v1.master.Response', encodeProtobuf('mesos.v1.master.Response', plain))
  assert.deepEqual(unordered(binary), unordered(again))
  const classic = JSON.parse(text(stateAnswer(master, everything, surroundings))) as Record<string, unknown>
  const lists = JSON.parse(plainClassicLists(master)) as Record<string, unknown>
  for (const [name, list] of Object.entries(lists)) assert.deepEqual(unordered(classic[name]), unordered(list), name)
  const ids = (binary.get_state?.get_tasks?.tasks ?? []).map((one) => one.task_id.value)
  assert.deepEqual(
    ids,
    plain.get_state.get_tasks?.tasks?.map((one) => one.task_id.value),
    'tasks are in their order',
  )
}

const surroundings = { version: { version: '1.12.0' }, flags: {} }

test('whatever happens, nothing is offered or used twice and all books agree', () => {
  const property = fc.property(fc.array(moves, { minLength: 10, maxLength: 60, size: 'max' }), (list) => {
    const crowd = new Crowd()
    crowd.perform({ move: 'add-agent', who: 0 })
    crowd.perform({ move: 'subscribe', who: 0 })
    for (const [turn, move] of list.entries()) {
      crowd.perform(move)
      assertBooksAgree(crowd.world.master)
      if (turn % 20 === 10) assertAnswers(crowd.world.master)
    }
    const { master } = crowd.world
    assertAnswers(master)
    JSON.parse(text(stateSummaryAnswer(master, everything)))
    for (const view of Object.values(v1Views)) assert.ok(view(master, everything).type)
    for (const value of metricsView(master, crowd.world.now).values()) assert.ok(Number.isFinite(value))
  })
  fc.assert(property, { numRuns: 500 })
})

/** All that was told, stored and asked for, in its order. */
const records = ({ world }: Crowd) => ({
  events: world.events,
  ended: world.ended,
  links: world.links,
  closedLinks: world.closedLinks,
  operatorEvents: world.operatorEvents,
  replies: world.replies,
  notes: world.notes,
  stored: world.stored,
  timers: world.timers,
})

test('steps that are cut wherever they can be decide the same, in the same order', () => {
  const property = fc.property(fc.array(moves, { minLength: 10, maxLength: 60, size: 'max' }), (list) => {
    const crowds = [new Crowd(), new Crowd({ stepWorkMax: 1 })] as const
    for (const crowd of crowds) {
      crowd.world.do({ type: 'operator-subscribed', streamId: 'operator' })
      crowd.perform({ move: 'add-agent', who: 0 })
      crowd.perform({ move: 'subscribe', who: 0 })
      for (const move of list) crowd.perform(move)
    }
    const [whole, cut] = crowds.map(records)
    assert.deepEqual(cut, whole)
  })
  fc.assert(property, { numRuns: 150 })
})

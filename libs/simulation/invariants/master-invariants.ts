/** What must hold of every leading master after every step. */
import type { Millis } from '@thermosphere/effects'
import type { Effect, Input, Master } from '@thermosphere/master-core'
import { Resources } from '@thermosphere/offer-engine'
import type { agentLink, scheduler } from '@thermosphere/protocol'
import type { MasterWatch } from '../hosts/master/master-watch.ts'
import { endStates } from '../hosts/scheduler/task-states.ts'
import type { Report } from '../world/report.ts'
import { AllocationInvariants } from './allocation-invariants.ts'
import { FilterBooks } from './filter-books.ts'
import { GuaranteeInvariants } from './stateful/guarantee-invariants.ts'
import { OfferInvariants } from './stateful/offer-invariants.ts'
import { RevocableOffers } from './stateful/revocable-offers.ts'

type Agent = ReturnType<Master['agents']['get']> & object
type Task = Agent['tasks'] extends Set<infer Each> ? Each : never

type Books = {
  /** By agent, what was looked at: resources are immutable, so the same ones need no second look. */
  readonly seen: Map<string, readonly unknown[]>
  readonly filters: FilterBooks
  readonly allocations: AllocationInvariants
  readonly offers: OfferInvariants
  readonly guarantees: GuaranteeInvariants
  readonly revocable: RevocableOffers
}

const sum = (all: Iterable<Resources>): Resources => [...all].reduce((total, one) => total.add(one), Resources.empty)

/** Launched on what an operation was to make that never arrived: the agent knows neither, and will say so. */
function doubtfulOf({ tasks, total, used }: Agent): Resources {
  if (total.contains(sum(used.byKey.values()).nonRevocable().unallocated())) return Resources.empty
  const staging = [...tasks.values()].filter(({ wire }) => wire.state === 'TASK_STAGING')
  return sum(staging.map(({ resources }) => resources))
}

export type MasterInvariantsOptions = {
  readonly report: Report
  /** The true time, which nobody sets. */
  readonly elapsed: () => Millis
  /** What the store holds of a key now. */
  readonly stored: (key: string) => string | undefined
  readonly count: (name: string) => void
  readonly onElected: (master: Master, name: string) => void
  readonly onStepped: (master: Master, input: Input) => void
  /** A framework acknowledges an update. */
  readonly onAcknowledged: (acknowledge: scheduler.Call_Acknowledge) => void
}

export class MasterInvariants implements MasterWatch {
  readonly #options: MasterInvariantsOptions
  readonly #report: Report
  /** Of each leader: one that was deposed and does not know it goes on for a moment. */
  readonly #books = new WeakMap<Master, Books>()
  /** The end of each task in the books of a master. */
  readonly #ends = new WeakMap<Task, string>()
  #newest: Master | undefined
  stepCount = 0

  constructor(options: MasterInvariantsOptions) {
    this.#options = options
    this.#report = options.report
  }

  onElected(master: Master, name: string): void {
    this.#newest = master
    this.#options.onElected(master, name)
  }

  before(master: Master, input: Input, now: Millis): void {
    const acknowledge = input.type === 'scheduler-call' ? input.call.acknowledge : undefined
    if (acknowledge !== undefined) this.#options.onAcknowledged(acknowledge)
    const { filters, allocations, offers, revocable } = this.#booksOf(master)
    revocable.before(master, input)
    filters.before(master, input, now)
    allocations.before(master, input)
    offers.before(master, input)
  }

  after(master: Master, input: Input, effects: readonly Effect[]): void {
    this.stepCount++
    const { filters, allocations, offers, guarantees, revocable } = this.#booksOf(master)
    revocable.hear(master, input)
    for (const agent of master.agents.values()) this.#checkAgent(master, agent)
    this.#checkTasks(master)
    this.#checkAnswers(master, effects)
    revocable.checkEffects(master, effects)
    filters.after(master, effects)
    allocations.after(master, effects)
    offers.after(master, input, effects)
    guarantees.after(master, effects)
    this.#options.onStepped(master, input)
  }

  /** Called now and then for a master that leads and is awake. */
  look(master: Master, now: Millis): void {
    this.#booksOf(master).guarantees.look(master, now)
  }

  /** It leads no more, or sleeps. */
  lookAway(master: Master): void {
    this.#booksOf(master).guarantees.forget()
  }

  /**
   * An agent that is told that it is known must be known to the next leader as well. That one may have given it up as
   * unreachable since, which it can come back from, before a deposed one has woken up and said what it had written.
   */
  onTold(master: Master, { registered, reregistered }: agentLink.MasterMessage): void {
    const id = (registered ?? reregistered)?.agent_id.value
    if (id === undefined) return
    const lists = master === this.#newest ? ['admitted'] : ['admitted', 'unreachable']
    if (lists.every((list) => this.#options.stored(`master/agents/${list}/${id}`) === undefined))
      this.#report('registered-agents-survive', `${id} is told that it is registered, and the registry has it not`)
  }

  #booksOf(master: Master): Books {
    const known = this.#books.get(master)
    if (known !== undefined) return known
    const { elapsed, count } = this.#options
    const books = {
      seen: new Map(),
      filters: new FilterBooks(this.#report, elapsed),
      allocations: new AllocationInvariants(this.#report, count),
      offers: new OfferInvariants(this.#report),
      guarantees: new GuaranteeInvariants(this.#report, count),
      revocable: new RevocableOffers(this.#report),
    }
    this.#books.set(master, books)
    return books
  }

  #checkAgent(master: Master, agent: Agent): void {
    const books = master.allocator.agentResources(agent.id)
    const offers = [...agent.offers].map(({ resources }) => resources)
    const now = [
      agent.total,
      ...agent.used.byKey.values(),
      null,
      ...offers,
      null,
      books.total,
      ...books.allocations.values(),
    ]
    const { seen } = this.#booksOf(master)
    const before = seen.get(agent.id)
    if (before?.length === now.length && before.every((one, i) => one === now[i])) return
    seen.set(agent.id, now)
    const used = sum(agent.used.byKey.values())
    const offered = sum(offers)
    const out = used.add(offered)
    const place = `${agent.id} with ${agent.total}`
    this.#booksOf(master).revocable.checkAgent(agent)
    // More than an agent can spare by now may still be in use.
    const firm = agent.total.nonRevocable()
    const doubtful = doubtfulOf(agent)
    if (!firm.contains(used.subtract(doubtful).nonRevocable().unallocated()))
      this.#report('resources-conserved', `${place} has ${used} in use`)
    if (!firm.contains(out.subtract(doubtful).nonRevocable().unallocated()))
      this.#report('offers-do-not-overlap', `${place} has ${used} in use and ${offered} on offer`)
    if (!books.total.equals(agent.total))
      this.#report('resources-conserved', `${place} has ${books.total} for the allocator`)
    if (!sum(books.allocations.values()).equals(out))
      this.#report(
        'resources-conserved',
        `${place}: ${out} is out, the allocator has ${sum(books.allocations.values())}`,
      )
    if (!books.available.equals(agent.total.subtract(out.unallocated())))
      this.#report('resources-conserved', `${place}: ${out} is out, and ${books.available} is still free`)
    this.#checkUsed(agent, used)
  }

  #checkUsed(agent: Agent, used: Resources): void {
    const held = [...agent.tasks.values()].filter(({ holdsResources }) => holdsResources)
    const executors = [...agent.executors.values()].flatMap((byId) => [...byId.values()])
    const expected = sum([...held, ...executors].map(({ resources }) => resources))
    if (!expected.equals(used))
      this.#report('resources-conserved', `${agent.id}: its tasks hold ${expected}, the books say ${used}`)
  }

  #checkTasks(master: Master): void {
    for (const agent of master.agents.values()) {
      if (!agent.connected && agent.offers.size > 0)
        this.#report('offers-do-not-overlap', `${agent.id} is away and has offers`)
      for (const task of agent.tasks.values()) {
        const { state } = task.wire
        this.#checkEnd(task)
        if (task.holdsResources === endStates.has(state))
          this.#report(
            'resources-conserved',
            `${task.id} is ${state} and its resources are ${task.holdsResources ? 'held' : 'free'}`,
          )
        if (master.frameworks.get(task.frameworkId)?.tasks.get(task.id) !== task)
          this.#report('books-agree', `${task.id} is in the books of ${agent.id} only`)
      }
    }
    for (const { id, tasks } of master.frameworks.values())
      for (const task of tasks.values())
        if (!master.agents.has(task.agentId))
          this.#report('books-agree', `${task.id} is in the books of ${id}, and its agent ${task.agentId} is lost`)
  }

  /** An agent that the registry has, and that may still come back with the task. */
  #checkAnswers(master: Master, effects: readonly Effect[]): void {
    for (const effect of effects) {
      const status = effect.type === 'event' ? effect.event.update?.status : undefined
      if (status?.reason === 'REASON_RECONCILIATION' && master.recoveredAgents.has(status.agent_id?.value ?? ''))
        this.#report(
          'awaited-agents-are-not-judged',
          `${status.task_id.value} is told as ${status.state}, and its agent is awaited`,
        )
    }
  }

  #checkEnd(task: Task): void {
    const { state } = task.wire
    const before = this.#ends.get(task)
    if (before === undefined) {
      if (endStates.has(state)) this.#ends.set(task, state)
    } else if (before !== state)
      this.#report('one-terminal-state', `${task.id} was ${before} in the books of its master and is ${state}`)
  }
}

/** Marathon and Chronos in a simulated cluster: their processes, their clients, and what must hold of both. */
import type { Millis, Random } from '@thermosphere/effects'
import { Candidate } from '@thermosphere/store'
import type { Leadership, Operation, Term } from '@thermosphere/store'
import type { Cluster } from '../world/cluster.ts'
import type { Violation } from '../world/report.ts'
import { ChronosWatch } from '../hosts/chronos/chronos-watch.ts'
import { checkChronosStored } from '../hosts/chronos/chronos-stored.ts'
import { openChronosTerm } from '../hosts/chronos/chronos-term.ts'
import type { ChronosTerm } from '../hosts/chronos/chronos-term.ts'
import { checkMarathonStored } from '../hosts/marathon/marathon-stored.ts'
import { openMarathonTerm } from '../hosts/marathon/marathon-term.ts'
import type { MarathonTerm } from '../hosts/marathon/marathon-term.ts'
import { MarathonWatch } from '../hosts/marathon/marathon-watch.ts'
import { checkWindows } from '../hosts/chronos/chronos-end.ts'
import { RefusedByMaster } from '../hosts/scheduler/refused.ts'
import type { Surroundings } from '../hosts/scheduler/surroundings.ts'
import type { Report } from '../hosts/scheduler/report.ts'
import { candidateClockOf } from '../kernel/index.ts'
import type { SimProcess } from '../kernel/index.ts'
import { chronosCommand, marathonCommand, rivalCommand } from '../workload/commands.ts'
import { Memory } from '../workload/memory.ts'
import type { ChronosRequest, MarathonRequest } from '../workload/requests.ts'
import { orchestrationProblems } from './end.ts'
import { prefixed } from './prefixed-store.ts'
import { Prober } from './prober.ts'
import { startClients } from './requests.ts'
import type { ToApi } from './requests.ts'

type Led = Term & { readonly leadership: Leadership }
type Member<T extends Led> = { readonly process: SimProcess; readonly candidate: Candidate<T> }
type App = 'marathon' | 'chronos'

const ttlMs = 10_000
const storedCheckMs = 5_000
const chronosPrefix = 'chronos/'

export class Orchestration {
  readonly #cluster: Cluster
  readonly #memory = new Memory()
  readonly #marathonWatch: MarathonWatch
  readonly #chronosWatch: ChronosWatch
  readonly #prober: Prober
  readonly #marathons = new Map<string, Member<MarathonTerm>>()
  readonly #chronoses = new Map<string, Member<ChronosTerm>>()
  readonly #random: Random
  readonly #rivals: Random
  readonly #report: Report
  #isAnswered: () => boolean = () => true

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#report = (invariant, message) => cluster.report(invariant, message)
    this.#random = cluster.random('clients')
    this.#rivals = cluster.random('rivals')
    this.#marathonWatch = new MarathonWatch(this.#report)
    this.#chronosWatch = new ChronosWatch(this.#report)
    this.#prober = new Prober({
      network: cluster.network,
      machines: cluster.machines,
      random: cluster.random('probes'),
    })
  }

  /** A process of one of both starts, for the first time or again. */
  boot(process: SimProcess): void {
    if (process.name.startsWith('marathon')) this.#bootMarathon(process)
    else this.#bootChronos(process)
  }

  /** Clients begin to ask. */
  start(): void {
    const { time, network, scenario } = this.#cluster
    const { requests } = scenario
    for (const { to, request } of requests)
      if (to === 'chronos' && request.type === 'put-job') this.#chronosWatch.onAsked(request.document)
    const members = { marathon: [...this.#marathons.keys()], chronos: [...this.#chronoses.keys()] }
    this.#isAnswered = startClients({ time, network, random: this.#random, requests, memory: this.#memory, members })
    this.#checkStored()
  }

  /** The store has written something. */
  onApplied(operations: readonly Operation[]): void {
    this.#marathonWatch.onApplied(operations)
  }

  /** All faults are over: probes fail no more. */
  heal(): void {
    this.#prober.heal()
  }

  /** What has not come to rest, once everything is whole. */
  problems(): Violation[] {
    const tasks = [...this.#cluster.machines.values()].flatMap((machine) => machine.runningTasks())
    const marathon = { leader: this.#leader('marathon', this.#marathons), isThere: this.#marathons.size > 0 }
    const chronos = { leader: this.#leader('chronos', this.#chronoses), isThere: this.#chronoses.size > 0 }
    const isAnswered = this.#isAnswered()
    return orchestrationProblems({ marathon, chronos, memory: this.#memory, tasks, isAnswered })
  }

  /** The latest time that a clock of Chronos has told: no time of a schedule before it need be run for any more. */
  get latestTime(): Millis {
    const members = [...this.#chronoses.keys()].map((name) => this.#cluster.members.get(name)?.latest ?? 0)
    return Math.max(0, ...members)
  }

  /** Every time of a schedule from then on must have been run for. */
  checkWindows({ quietFrom }: { readonly quietFrom: Millis }): void {
    const chronos = this.#leader('chronos', this.#chronoses)
    const { scheduled: runs } = this.#chronosWatch
    if (chronos !== undefined)
      checkWindows({ state: chronos.state, runs, quietFrom, now: this.#cluster.time.now }, this.#report)
  }

  /** Each process of both with the term that it believes in. */
  *terms(): Generator<readonly [SimProcess, Led | undefined]> {
    for (const { process, candidate } of this.#marathons.values()) yield [process, candidate.term]
    for (const { process, candidate } of this.#chronoses.values()) yield [process, candidate.term]
  }

  #bootMarathon(process: SimProcess): void {
    const surroundings = this.#surroundings(process)
    const { onFatal, store } = surroundings
    const candidate: Candidate<MarathonTerm> = new Candidate({
      store,
      name: 'marathon',
      ttlMs,
      open: async (leadership, end) => {
        const parts = { watch: this.#marathonWatch, probe: this.#prober.of(process) }
        const term = await openMarathonTerm({ ...surroundings, ...parts, leadership, end })
        for (const problem of this.#memory.appProblems(term.state))
          this.#report('acknowledged-changes-survive', problem)
        return term
      },
      onFatal,
      clock: candidateClockOf(process, surroundings.random),
    })
    this.#marathons.set(process.name, { process, candidate })
    this.#listen<MarathonRequest>(process, (request, answer) => {
      const { term } = candidate
      if (term === undefined) return answer(503)
      term.command(marathonCommand(request), ({ status }) => answer(status))
      const rival = this.#rivals.integer(2) === 0 ? rivalCommand(request) : undefined
      if (rival !== undefined) term.command(rival, ({ status }) => this.#cluster.counters.add(`rival ${status}`))
    })
    candidate.start(process.name)
  }

  #bootChronos(process: SimProcess): void {
    const plain = this.#surroundings(process)
    const { onFatal } = plain
    const store = prefixed(plain.store, chronosPrefix)
    const durable: Surroundings['durable'] = (key, leadership) => plain.durable(chronosPrefix + key, leadership)
    const surroundings = { ...plain, store, durable }
    const candidate: Candidate<ChronosTerm> = new Candidate({
      store,
      name: 'chronos',
      ttlMs,
      open: async (leadership, end) => {
        const term = await openChronosTerm({ ...surroundings, watch: this.#chronosWatch, leadership, end })
        for (const problem of this.#memory.jobProblems(term.state))
          this.#report('acknowledged-changes-survive', problem)
        return term
      },
      onFatal,
      clock: candidateClockOf(process, plain.random),
    })
    this.#chronoses.set(process.name, { process, candidate })
    this.#listen<ChronosRequest>(process, (request, answer) => {
      if (candidate.term === undefined) answer(503)
      else candidate.term.command(chronosCommand(request), ({ status }) => answer(status))
    })
    candidate.start(process.name)
  }

  #surroundings(process: SimProcess): Surroundings {
    const surroundings = this.#cluster.surroundings(process)
    const onFatal = (error: unknown): void => {
      if (error instanceof RefusedByMaster) this.#cluster.end(process)
      else surroundings.onFatal(error)
    }
    return { ...surroundings, onFatal }
  }

  #listen<Request>(process: SimProcess, handle: (request: Request, answer: (status: number) => void) => void): void {
    this.#cluster.network.listen<ToApi<Request>, number>({ process, service: 'api' }, (line) => ({
      onMessage: ({ request }) => handle(request, (status) => line.send(status)),
      onClose: () => undefined,
    }))
  }

  /** The term of the process that the store says leads. */
  #leader<T extends Led>(app: App, members: ReadonlyMap<string, Member<T>>): T | undefined {
    const holder = this.#cluster.store.holder(app)
    const member = members.get(holder?.by ?? '')
    const term = member?.process.isUp === true ? member.candidate.term : undefined
    return term?.leadership.token === holder?.token ? term : undefined
  }

  #checkStored(): void {
    const { time, store } = this.#cluster
    time.after(storedCheckMs, () => {
      const marathon = this.#leader('marathon', this.#marathons)
      const chronos = this.#leader('chronos', this.#chronoses)
      if (marathon?.isSettled === true)
        checkMarathonStored(marathon.state, store.engine.list('marathon/', {}).entries, this.#report)
      if (chronos?.isSettled === true) {
        const { entries } = store.engine.list(chronosPrefix, {})
        const plain = entries.map(({ key, value }) => ({ key: key.slice(chronosPrefix.length), value }))
        checkChronosStored(chronos.state, plain, this.#report)
      }
      this.#checkStored()
    })
  }
}

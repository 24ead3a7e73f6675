/** Whoever has or is offered something on an agent that is to be maintained is asked to leave it, again and again. */
import type { Millis } from '@thermosphere/effects'
import type { Master } from '@thermosphere/master-core'
import type { Report } from '../../world/report.ts'

type Agent = ReturnType<Master['agents']['get']> & object

/** A leader looks once a second, unless its timers are late. */
const askedMsMax: Millis = 5_000

export class InverseOfferInvariants {
  readonly #report: Report
  /** By leader, framework and agent, since when it should be asked. */
  readonly #since = new WeakMap<Master, Map<string, Millis>>()

  constructor(report: Report) {
    this.#report = report
  }

  /** Called now and then for a master that leads and is awake. `elapsed` is the true time. */
  look(master: Master, elapsed: Millis): void {
    const before = this.#since.get(master) ?? new Map<string, Millis>()
    const since = new Map([...unaskedOf(master)].map((one) => [one, before.get(one) ?? elapsed]))
    this.#since.set(master, since)
    for (const [one, at] of since)
      if (elapsed - at > askedMsMax) this.#report('concerned-frameworks-are-asked', `nobody asks ${one}`)
  }

  /** It leads no more, or sleeps. */
  lookAway(master: Master): void {
    this.#since.delete(master)
  }
}

/** Frameworks whose answer nobody waits for, and whose last one counts no longer. */
function* unaskedOf(master: Master): Generator<string> {
  for (const agent of toBeMaintained(master))
    for (const id of concerned(agent))
      if (master.frameworks.get(id)?.active === true && !isAsked(master, agent, id)) yield `${id} to leave ${agent.id}`
}

function toBeMaintained({ machines, agents }: Master): Agent[] {
  const hosts = new Set([...machines.values()].flatMap(({ id, mode }) => (mode === 'DRAINING' ? id.hostname : [])))
  return [...agents.values()].filter(({ connected, info }) => connected && hosts.has(info.hostname))
}

function isAsked(master: Master, agent: Agent, frameworkId: string): boolean {
  if ([...agent.inverseOffers].some((offer) => offer.frameworkId === frameworkId)) return true
  return (master.inverseFilters.get(`${frameworkId}/${agent.id}`) ?? 0) > master.now
}

const concerned = ({ used, offers }: Agent): Set<string> =>
  new Set([...used.byKey.keys(), ...[...offers].map(({ frameworkId }) => frameworkId)])

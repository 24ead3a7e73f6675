/** A client of Marathon: definitions come and go, and one app is upgraded and scaled all the time. */
import { Caller } from './caller.ts'
import { Definitions, keptApp } from './definitions.ts'
import { Pace } from './history.ts'
import type { Load, LoadOptions } from './history.ts'

export type AppsOptions = LoadOptions & {
  readonly urls: readonly string[]
  /** Between two changes of the app with instances. */
  readonly upgradeEveryMs: number
}

type App = {
  readonly id: string
  readonly instances: number
  readonly tasksRunning: number
  readonly labels?: Readonly<Record<string, string>>
  readonly tasks?: readonly { readonly id: string; readonly state: string }[]
}

export const liveApp = '/live/web'
const strategy = { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 }
/** A request takes effect a little after it is answered at the latest; a kill reaches its task a little later. */
const graceMs = 5_000

export class MarathonLoad implements Load {
  readonly #options: AppsOptions
  readonly #caller: Caller
  readonly #live: Caller
  readonly #paces: Pace[]
  #revision = 0
  #instances = 4
  #isCreated = false

  constructor(options: AppsOptions) {
    this.#options = options
    this.#caller = new Caller(options.urls)
    this.#live = new Caller(options.urls)
    const { history, random } = options
    const definitions = new Definitions({
      history,
      random,
      caller: this.#caller,
      nameOf: (count) => `/kept/app-${count}`,
      create: keptApp,
      remove: (id) => ({ subject: `app ${id}`, value: undefined, method: 'DELETE', path: `/v2/apps${id}` }),
    })
    this.#paces = [
      new Pace(options.everyMs, () => definitions.change()),
      new Pace(options.upgradeEveryMs, () => this.#upgrade()),
    ]
  }

  /** Created by the first, then a new revision or another number of instances, in turn. */
  async #upgrade(): Promise<void> {
    const { history, random, record } = this.#options
    const revision = this.#revision + 1
    const instances = this.#isCreated && revision % 2 === 0 ? 3 + Math.floor(random() * 3) : this.#instances
    const value = `${revision}/${instances}`
    const body = {
      id: liveApp,
      cmd: `exec ${record.script} service ${liveApp}`,
      cpus: 0.05,
      mem: 32,
      instances,
      upgradeStrategy: strategy,
      labels: { value },
      env: { REVISION: String(revision % 2 === 0 ? this.#revision : revision) },
    }
    const path = `/v2/apps${liveApp}`
    const request = { subject: `app ${liveApp}`, value, method: 'PUT', path, body }
    const { outcome, sentAt, answeredAt } = await history.write(this.#live, request)
    if (outcome === 'refused') return
    this.#revision = revision
    if (outcome === 'acknowledged') this.#replaceVersions(answeredAt)
    history.versions.push({ app: liveApp, fromAt: sentAt, instances, ...strategy })
    if (outcome !== 'acknowledged') return
    this.#instances = instances
    this.#isCreated = true
  }

  /** From here on the bounds of the versions before hold no longer. */
  #replaceVersions(at: number): void {
    const { versions } = this.#options.history
    for (const [index, version] of versions.entries())
      if (version.untilAt === undefined) versions[index] = { ...version, untilAt: at + graceMs }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#paces.map((pace) => pace.stop()))
  }

  async unsettled(): Promise<string | undefined> {
    const deployments = await this.#caller.read<unknown[]>('/v2/deployments')
    if (deployments === undefined) return 'Marathon does not answer'
    if (deployments.length > 0) return `${deployments.length} deployments are under way`
    const found = await this.#caller.read<{ app: App }>(`/v2/apps${liveApp}`)
    if (found === undefined) return this.#isCreated ? `${liveApp} is not there` : undefined
    const { instances, tasks = [], tasksRunning } = found.app
    if (tasksRunning === instances && tasks.length === instances) return undefined
    return `${liveApp} runs ${tasksRunning} of ${instances} instances with ${tasks.length} tasks`
  }

  async final(): Promise<Map<string, string> | undefined> {
    const found = await this.#caller.read<{ apps: App[] }>('/v2/apps')
    return found && new Map(found.apps.map(({ id, labels }) => [`app ${id}`, labels?.['value'] ?? '']))
  }

  /** Ids of the tasks that Marathon believes to run. */
  async taskIds(): Promise<string[]> {
    const found = await this.#caller.read<{ app: App }>(`/v2/apps${liveApp}`)
    return (found?.app.tasks ?? []).map(({ id }) => id)
  }
}

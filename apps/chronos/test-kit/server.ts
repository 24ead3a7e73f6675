/** A whole Chronos with its HTTP API on a free port, in this process. */
import { createRandom } from '@thermosphere/effects'
import type { ChronosConfig } from '@thermosphere/chronos-core'
import { Background, createLogger, createMetrics, createRequestObserver, listen } from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import type { Leadership, Store } from '@thermosphere/store'
import { createChronosApp } from '../http/app.ts'
import type { ApiOptions } from '../http/app.ts'
import { Chronos } from '../shell/chronos.ts'
import { loadState } from '../shell/load-state.ts'

export const testConfig: ChronosConfig = {
  defaults: { cpus: 0.1, mem: 128, disk: 256, user: 'root', epsilon: undefined },
  role: '*',
  failureRetryMs: 60_000,
  disableAfterFailures: 0,
  legacyRetryGate: false,
  declineSeconds: undefined,
  reconciliationIntervalMs: 600_000,
  reviveIntervalMinMs: 100,
  jobHistoryLimit: 5,
  historyRunsMax: 1000,
  historyTotalMax: 100_000,
  historyTtlMs: 365 * 86_400_000,
  unreachableTimeoutMs: 900_000,
  hostname: '127.0.0.1',
}

export type TestServerOptions = {
  /** `host:port` of a master; without one nothing is launched. */
  readonly master?: string
  readonly store?: string
  readonly config?: Partial<ChronosConfig>
  readonly basicAuth?: ApiOptions['basicAuth']
  readonly followersMax?: number
}

const lead = (store: Store): Promise<Leadership> =>
  store.campaign('test', { value: '', ttlMs: 60_000, signal: new AbortController().signal })

export async function startServer(options: TestServerOptions = {}) {
  const logger = createLogger({ name: 'chronos-test', level: 'fatal' })
  const store = await openStore(options.store ?? 'memory:')
  const random = createRandom(Date.now())
  const registry = createMetrics({ processMetrics: false })
  const errors: unknown[] = []
  const background = new Background((_name, error) => errors.push(error))
  const chronos = new Chronos({
    state: await loadState(store, { config: { ...testConfig, ...options.config }, random }),
    store,
    leadership: await lead(store),
    masters: [options.master ?? '127.0.0.1:1'],
    frameworkInfo: (id) => ({
      name: 'chronos',
      user: 'root',
      roles: ['*'],
      ...(id !== undefined && { id: { value: id } }),
    }),
    random,
    logger,
    metrics: registry,
    background,
    onFatal: (error) => errors.push(error),
    ...(options.followersMax !== undefined && { followersMax: options.followersMax }),
  })
  const app = createChronosApp({
    logger,
    chronos,
    registry,
    observer: createRequestObserver(registry, 'chronos'),
    leader: () => '127.0.0.1:4400',
    version: '3.0.3',
    basicAuth: options.basicAuth,
  })
  const server = await listen({ target: app, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false })
  if (options.master !== undefined) chronos.start()
  const close = async (): Promise<void> => {
    await server.close(0)
    await chronos.close()
    await background.settled()
    await store.close()
  }
  return { url: `http://127.0.0.1:${server.port}`, port: server.port, chronos, registry, errors, close }
}

export type TestServer = Awaited<ReturnType<typeof startServer>>

/** Waits until `read` gives something, at most half a minute: machines that build are slow. */
export async function eventually<T>(read: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const value = await read()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`it did not come true within half a minute: ${read.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

import { createRandom } from '@thermosphere/effects'
import { createLogger, readFlags } from '@thermosphere/service-kit'
import type { Leadership, Store } from '@thermosphere/store'
import assert from 'node:assert/strict'
import { coreConfig, flags } from '../config.ts'
import { loggersOf } from '../logger.ts'
import { MarathonShell } from '../shell/marathon-shell.ts'
import { MarathonMetrics } from '../shell/metrics.ts'
import { loadState } from '../shell/state-store.ts'

const parsed = readFlags(flags, { argv: ['--master=127.0.0.1:1'], env: {} })
const config = parsed.kind === 'config' ? parsed.config : assert.fail('the flags are wrong')

/** What a leader finds in the store. */
export const loadFrom = (store: Store) =>
  loadState(store, { config: coreConfig(config, undefined), random: createRandom(1) })

export type TestShell = { readonly shell: MarathonShell; readonly failures: readonly unknown[] }

/** A leader without a master; `writes` is the store that it writes to, where it is not the one that it has read. */
export async function startShell(store: Store, leadership: Leadership, writes = store): Promise<TestShell> {
  const failures: unknown[] = []
  const shell = new MarathonShell({
    state: await loadFrom(store),
    store: writes,
    leadership,
    masters: config.master,
    credential: () => undefined,
    probesMax: 1,
    metrics: new MarathonMetrics(),
    loggers: loggersOf(createLogger({ name: 'marathon-test', level: 'fatal' })),
    loop: {},
    onFatal: (error) => failures.push(error),
    onRefused: assert.fail,
  })
  shell.start()
  return { shell, failures }
}

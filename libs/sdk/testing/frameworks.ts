/** Frameworks of tests, on clusters in this process. */
import type { TestContext } from 'node:test'
import { startCluster } from '@thermosphere/simulation'
import type { Cluster, ClusterOptions } from '@thermosphere/simulation'
import { Framework } from '../index.ts'
import type {
  FrameworkError,
  FrameworkEvent,
  FrameworkIdStore,
  FrameworkOptions,
  Offer,
  Task,
  TaskSpec,
} from '../index.ts'

export const small = { cpus: 0.1, memMib: 32 }
export const sleeper: TaskSpec = { name: 'sleeper', command: 'exec sleep 1000', resources: small }

export async function clusterOf(context: TestContext, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await startCluster(options)
  context.after(() => cluster.close())
  return cluster
}

export type Heard = { readonly events: FrameworkEvent[]; readonly errors: FrameworkError[] }

/** Not started. It is closed with the test, and remembers what it heard. */
export function frameworkOf(
  context: TestContext,
  cluster: Cluster,
  options: Partial<FrameworkOptions> = {},
): { readonly framework: Framework } & Heard {
  const events: FrameworkEvent[] = []
  const errors: FrameworkError[] = []
  const framework = new Framework({
    masters: cluster.masters,
    name: 'tests',
    onEvent: (event) => events.push(event),
    onError: (error) => errors.push(error),
    ...options,
  })
  context.after(() => framework.close())
  return { framework, events, errors }
}

/** The first offer that the condition takes; the others are declined. */
export async function takeOffer(
  framework: Framework,
  condition: (offer: Offer) => boolean = () => true,
): Promise<Offer> {
  for await (const offer of framework.offers()) if (condition(offer)) return offer
  throw new Error('the framework has ended')
}

/** Launches one task on the next offer that is still there. */
export async function launchOne(framework: Framework, spec: TaskSpec): Promise<Task> {
  for await (const offer of framework.offers()) {
    if (!offer.fits(spec.resources)) continue
    const [task] = (await offer.launch([spec])) ?? []
    if (task !== undefined) return task
  }
  throw new Error('the framework has ended')
}

export function memoryIdStore(): FrameworkIdStore & { stored: string | undefined } {
  const store: FrameworkIdStore & { stored: string | undefined } = {
    stored: undefined,
    load: () => Promise.resolve(store.stored),
    save: (id) => Promise.resolve(void (store.stored = id)),
    clear: () => Promise.resolve(void (store.stored = undefined)),
  }
  return store
}

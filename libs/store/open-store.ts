import { resolve } from 'node:path'
import { LocalEngine } from './engine/local-engine.ts'
import { EngineStore } from './engine/engine-store.ts'
import { EtcdStore } from './etcd/etcd-store.ts'
import { parseEtcdUrl } from './etcd/etcd-url.ts'
import { StoreError } from './errors.ts'
import { MemoryEngine } from './memory/memory-engine.ts'
import { ThreadedEngine } from './sqlite/threaded-engine.ts'
import { MemoryDoor } from './memory/shared-memory.ts'
import type { Store } from './store.ts'

/**
 * Opens a store: `sqlite:<path>` (created when missing), `memory:` or
 * `etcd://<host>:<port>[,…]/<prefix>[?ca_file=&cert_file=&key_file=&user=&password_file=]`. The owner closes it.
 * Rejects with a StoreError whose message is one sentence for the operator.
 * @example const store = await openStore('sqlite:/var/lib/thermosphere/master.db')
 */
export async function openStore(url: string): Promise<Store> {
  const colon = url.indexOf(':')
  const engine = url.slice(0, colon)
  const place = url.slice(colon + 1)
  if (engine === 'memory' && place === '') return new EngineStore(new LocalEngine(new MemoryEngine()))
  const shared = MemoryDoor.open(url)
  if (shared !== undefined) return shared
  if (engine === 'sqlite' && place !== '') return new EngineStore(await ThreadedEngine.open(resolve(place)))
  if (engine === 'etcd' || engine === 'etcds') return EtcdStore.open(parseEtcdUrl(url))
  const known = 'sqlite:<path>, memory: or etcd://<host>:<port>/<prefix>'
  throw new StoreError('STORE_ARGUMENT_INVALID', `${JSON.stringify(url)} is no store; use ${known}`)
}

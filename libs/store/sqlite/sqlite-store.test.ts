import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeConformance } from '../conformance/store.conformance.ts'
import { openStore } from '../open-store.ts'
import type { Store } from '../store.ts'

storeConformance('sqlite', {
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'store-'))
    const path = join(directory, 'test.db')
    const stores: Store[] = []
    const open = async (): Promise<Store> => {
      const store = await openStore(`sqlite:${path}`)
      stores.push(store)
      return store
    }
    return {
      store: await open(),
      second: open,
      depose: async (name: string) => {
        const database = new DatabaseSync(path, { timeout: 5000 })
        database.prepare('UPDATE leases SET expires_at = 0 WHERE name = ?').run(name)
        database.close()
      },
      close: async () => {
        await Promise.all(stores.map((store) => store.close()))
        await rm(directory, { recursive: true })
      },
    }
  },
})

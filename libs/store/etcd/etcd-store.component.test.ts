import { after, before } from 'node:test'
import { storeConformance } from '../conformance/store.conformance.ts'
import { openStore } from '../open-store.ts'
import type { Store } from '../store.ts'
import { EtcdCluster } from '../testing/index.ts'

let cluster: EtcdCluster
let storeCount = 0

before(async () => {
  cluster = await EtcdCluster.start()
})
after(() => cluster.close())

storeConformance('etcd', {
  async open() {
    const prefix = `test-${storeCount++}`
    const stores: Store[] = []
    const open = async (): Promise<Store> => {
      const store = await openStore(cluster.url(prefix))
      stores.push(store)
      return store
    }
    return {
      store: await open(),
      second: open,
      depose: async (name: string) => {
        await cluster.ctl(['del', `${prefix}/election/${name}`])
      },
      sequences: 50,
      compact: (revision: number) => cluster.compact(revision),
      close: async () => {
        await Promise.all(stores.map((store) => store.close()))
      },
    }
  },
})

/** Where the servers of a cluster keep their state. Pure. */
import { flag, nameOf } from './part.ts'
import type { Part } from './part.ts'

export type StoreChoice =
  /** A file for each kind of server, below the work directory. */
  | { readonly type: 'sqlite' }
  /** An etcd that is part of the cluster. */
  | { readonly type: 'etcd'; readonly members: number }
  /** An etcd that was there before. */
  | { readonly type: 'url'; readonly url: string }

/** Members talk on the loopback alone: nobody has to log in to them. */
const etcdIp = '127.0.0.1'
const prefix = 'thermosphere'

/** Clients on the even, members among themselves on the odd ports from the first. */
const portsOf = (first: number, index: number): { readonly client: number; readonly peer: number } => ({
  client: first + 2 * index,
  peer: first + 2 * index + 1,
})

const httpUrl = (port: number): string => `http://${etcdIp}:${port}`

export type StorePlanOptions = {
  readonly store: StoreChoice
  readonly etcdPort: number
  readonly workDir: string
  readonly etcdFlags: readonly string[]
}

/** The members of the cluster's own etcd; none for another store. */
export function planEtcd({ store, etcdPort, workDir, etcdFlags }: StorePlanOptions): Part[] {
  if (store.type !== 'etcd') return []
  const count = store.members
  const members = Array.from({ length: count }, (_, index) => ({
    name: nameOf('etcd', { index, count }),
    ...portsOf(etcdPort, index),
  }))
  const initialCluster = members.map(({ name, peer }) => `${name}=${httpUrl(peer)}`).join()
  return members.map(({ name, client, peer }): Part => ({
    name,
    kind: 'etcd',
    run: { program: 'etcd' },
    flags: [
      flag('name', name),
      flag('data-dir', `${workDir}/etcd/${name}`),
      flag('listen-client-urls', httpUrl(client)),
      flag('advertise-client-urls', httpUrl(client)),
      flag('listen-peer-urls', httpUrl(peer)),
      flag('initial-advertise-peer-urls', httpUrl(peer)),
      flag('initial-cluster', initialCluster),
      flag('initial-cluster-token', prefix),
      // Old revisions serve a watch that was cut off; an hour of them is far more than it needs.
      flag('auto-compaction-retention', '1h'),
      ...etcdFlags.map((text) => `--${text}`),
    ],
    url: httpUrl(client),
    ip: etcdIp,
    port: client,
    morePorts: [peer],
    healthPath: '/health',
  }))
}

/** Without a flag a server keeps its state in a file in its work directory, which those of one kind share. */
export function storeFlags({ store, etcdPort }: Pick<StorePlanOptions, 'store' | 'etcdPort'>): string[] {
  if (store.type === 'sqlite') return []
  if (store.type === 'url') return [flag('store', store.url)]
  const clients = Array.from({ length: store.members }, (_, index) => `${etcdIp}:${portsOf(etcdPort, index).client}`)
  return [flag('store', `etcd://${clients.join()}/${prefix}`)]
}

export { CuttingProxy } from './cutting-proxy.ts'
export { EtcdCluster } from './etcd-server.ts'
export type { EtcdClusterOptions, EtcdMember } from './etcd-server.ts'
export { isSqliteLocked } from './sqlite-lock.ts'

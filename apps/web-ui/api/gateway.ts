import { addresses } from './addresses.ts'
import { getJson } from './http.ts'
import { capacitySchema, clusterInfoSchema } from './schemas/gateway.ts'

export const readClusterInfo = (signal?: AbortSignal) =>
  getJson(addresses.gateway.cluster, clusterInfoSchema, { signal })
export const readCapacity = (signal?: AbortSignal) => getJson(addresses.gateway.capacity, capacitySchema, { signal })

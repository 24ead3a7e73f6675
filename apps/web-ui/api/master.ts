import { z } from './zod.ts'
import { addresses } from './addresses.ts'
import { getJson, send } from './http.ts'
import { flagsSchema, metricsSchema, rolesSchema, versionSchema } from './schemas/mesos.ts'

export const readRoles = async (signal?: AbortSignal) =>
  (await getJson(addresses.mesos.roles, rolesSchema, { signal })).roles
export const readMasterVersion = (signal?: AbortSignal) => getJson(addresses.mesos.version, versionSchema, { signal })
export const readMasterFlags = async (signal?: AbortSignal) =>
  (await getJson(addresses.mesos.flags, flagsSchema, { signal })).flags
export const readMetrics = (signal?: AbortSignal) => getJson(addresses.mesos.metrics, metricsSchema, { signal })
export const tearDownFramework = (frameworkId: string) =>
  send(addresses.mesos.operator, {
    method: 'POST',
    body: { type: 'TEARDOWN', teardown: { framework_id: { value: frameworkId } } },
  })

export const pingOf = async (url: string, signal?: AbortSignal) => {
  const startedAt = performance.now()
  await send(url, { signal, headers: { accept: '*/*' } })
  return z.number().parse(performance.now() - startedAt)
}

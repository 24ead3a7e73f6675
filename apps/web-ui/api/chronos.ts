import { addresses } from './addresses.ts'
import { getJson, send } from './http.ts'
import { chronosLeaderSchema, jobSchema, runsSchema } from './schemas/chronos.ts'

/** Chronos' calls the dashboard makes. A job with parents goes to another address than one with a schedule. */
export const saveJob = (job: object & { parents?: unknown }) =>
  send(
    Array.isArray(job.parents) && job.parents.length > 0 ? addresses.chronos.dependent : addresses.chronos.scheduled,
    {
      method: 'POST',
      body: job,
    },
  )
export const readJob = (name: string, signal?: AbortSignal) =>
  getJson(addresses.chronos.job(name), jobSchema, { signal })
export const runJob = (name: string) => send(addresses.chronos.job(name), { method: 'PUT' })
export const killJob = (name: string) => send(addresses.chronos.kill(name), { method: 'DELETE' })
export const deleteJob = (name: string) => send(addresses.chronos.job(name), { method: 'DELETE' })

export const readRuns = async (name: string, signal?: AbortSignal) =>
  (await getJson(addresses.chronos.runs(name), runsSchema, { signal })).runs
export const readChronosLeader = (signal?: AbortSignal) =>
  getJson(addresses.chronos.leader, chronosLeaderSchema, { signal })

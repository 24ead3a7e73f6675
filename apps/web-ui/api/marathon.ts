import { addresses } from './addresses.ts'
import { getJson, send } from './http.ts'
import { appSchema, deploymentResultSchema, marathonInfoSchema, versionsSchema } from './schemas/marathon.ts'

/** Marathon's calls the dashboard makes. */
export const createApp = (app: object, options: { force: boolean }) =>
  send(`${addresses.marathon.apps}?force=${options.force}`, { method: 'POST', body: app })

/** Replaces the whole definition: what the document does not say goes back to its default. */
export const replaceApp = (id: string, app: object, options: { force: boolean }) =>
  getJson(`${addresses.marathon.app(id)}?partialUpdate=false&force=${options.force}`, deploymentResultSchema, {
    method: 'PUT',
    body: app,
  })

const patchApp = (id: string, change: object) =>
  getJson(addresses.marathon.app(id), deploymentResultSchema, { method: 'PUT', body: change })

export const scaleApp = (id: string, instances: number) => patchApp(id, { instances })
export const rollBackApp = (id: string, version: string) => patchApp(id, { version })
export const restartApp = (id: string) => send(addresses.marathon.restart(id), { method: 'POST', body: {} })
export const deleteApp = (id: string) => send(addresses.marathon.app(id), { method: 'DELETE' })
export const resetDelay = (id: string) => send(addresses.marathon.delay(id), { method: 'DELETE' })

export const killTasks = (ids: readonly string[], options: { scale: boolean }) =>
  send(`${addresses.marathon.killTasks}?scale=${options.scale}`, { method: 'POST', body: { ids } })

/** Without force a cancelled deployment is rolled back; with force it just stops where it is. */
export const cancelDeployment = (id: string, options: { force: boolean }) =>
  send(`${addresses.marathon.deployment(id)}?force=${options.force}`, { method: 'DELETE' })

export const readVersions = async (id: string, signal?: AbortSignal) =>
  (await getJson(addresses.marathon.versions(id), versionsSchema, { signal })).versions
export const readVersion = (id: string, version: string, signal?: AbortSignal) =>
  getJson(addresses.marathon.version(id, version), appSchema, { signal })
export const readMarathonInfo = (signal?: AbortSignal) =>
  getJson(addresses.marathon.info, marathonInfoSchema, { signal })

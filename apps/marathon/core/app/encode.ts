/** The JSON of an app as the API shows it: canonical fields, empty lists and maps left out where Marathon does. */
import type { App } from './app-schema.ts'

/** Fields that disappear when empty. */
const omittedWhenEmpty = [
  'args',
  'env',
  'constraints',
  'fetch',
  'healthChecks',
  'readinessChecks',
  'dependencies',
  'secrets',
] as const satisfies readonly (keyof App)[]

export type AppJson = Readonly<Record<string, unknown>>

export function encodeApp(app: App): AppJson {
  const { id, ...rest } = app
  const json: Record<string, unknown> = { id, ...rest }
  for (const key of omittedWhenEmpty) {
    const value = app[key]
    if (value !== undefined && Object.keys(value).length === 0) delete json[key]
  }
  if (app.versionInfo.lastConfigChangeAt === '') delete json['versionInfo']
  if (app.networks.every((network) => network.mode !== 'host')) delete json['portDefinitions']
  return json
}

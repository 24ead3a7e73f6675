/** `thermo app …`: services, through Marathon's API. */
import { readFileSync } from 'node:fs'
import { errorMessage } from '@thermosphere/effects'
import type { Command } from 'commander'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { table } from '../output.ts'
import { contextOf } from './globals.ts'

const marathon = '/service/marathon/v2'

const appSchema = z.looseObject({
  id: z.string(),
  instances: z.number().default(1),
  tasksRunning: z.number().default(0),
  tasksHealthy: z.number().default(0),
  tasksUnhealthy: z.number().default(0),
  deployments: z.array(z.object({ id: z.string() })).default([]),
})
const appsSchema = z.object({ apps: z.array(appSchema) })
type App = z.infer<typeof appSchema>

const appPath = (id: string): string => `${marathon}/apps/${id.replace(/^\//, '')}`

export const readJsonFile = (path: string): unknown => {
  const name = path === '-' ? 'standard input' : path
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${errorMessage(error)}`, {
      exitCode: 2,
    })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CliError(`${name} is not JSON: ${errorMessage(error)}`, {
      exitCode: 2,
    })
  }
}

const stateOf = (app: App): string => {
  if (app.deployments.length > 0) return 'deploying'
  if (app.instances === 0) return 'suspended'
  if (app.tasksUnhealthy > 0) return 'unhealthy'
  return app.tasksRunning >= app.instances ? 'running' : 'waiting'
}

const appRow = (app: App): (string | number)[] => [app.id, `${app.tasksRunning}/${app.instances}`, stateOf(app)]

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) {
    throw new CliError(`"${text}" is not a number of instances: give a whole number from 0.`, { exitCode: 2 })
  }
  return value
}

async function deploy(file: string, command: Command): Promise<void> {
  const { api, print } = contextOf(command)
  const document = readJsonFile(file)
  const { id, groups, apps } = z.looseObject({ id: z.string().optional() }).catch({}).parse(document)
  const isGroup = groups !== undefined || apps !== undefined
  const isList = Array.isArray(document)
  const path = isGroup ? `${marathon}/groups` : isList ? `${marathon}/apps` : appPath(id ?? '')
  if (!isGroup && !isList && id === undefined)
    throw new CliError(`${file} has no "id": an app needs one.`, { exitCode: 2 })
  const answer = await api.send(path, { method: 'PUT', body: document })
  print(answer, () => `Deploying ${id ?? 'the apps'}; follow it with \`thermo app list\`.`)
}

async function change(
  command: Command,
  text: string,
  send: (api: ReturnType<typeof contextOf>['api']) => Promise<unknown>,
) {
  const { api, print } = contextOf(command)
  print(await send(api), () => text)
}

export function addAppCommands(program: Command): void {
  const app = program.command('app').description('services (Marathon apps)')
  app
    .command('list')
    .description('all services with their running and wanted instances')
    .action(async (_options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const { apps } = await api.get(`${marathon}/apps?embed=apps.counts&embed=apps.deployments`, appsSchema)
      print(apps, () => (apps.length === 0 ? 'No services.' : table(['ID', 'RUNNING', 'STATE'], apps.map(appRow))))
    })
  app
    .command('show <id>')
    .description('one service with its instances, as JSON')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api } = contextOf(command)
      const found = await api.get(appPath(id), z.object({ app: appSchema }))
      contextOf(command).print(found.app, () => JSON.stringify(found.app, null, 2))
    })
  app
    .command('deploy <file>')
    .description('create or update the app, list of apps or group in a JSON file (- for standard input)')
    .action((file: string, _options: unknown, command: Command) => deploy(file, command))
  app
    .command('scale <id> <instances>')
    .description('change the number of instances')
    .action((id: string, instances: string, _options: unknown, command: Command) => {
      const body = { instances: wholeNumber(instances) }
      return change(command, `${id} scales to ${instances}.`, (api) => api.send(appPath(id), { method: 'PUT', body }))
    })
  app
    .command('restart <id>')
    .description('replace all instances under the upgrade strategy')
    .action((id: string, _options: unknown, command: Command) =>
      change(command, `${id} restarts.`, (api) => api.send(`${appPath(id)}/restart`, { method: 'POST' })),
    )
  app
    .command('remove <id>')
    .description('stop and forget a service')
    .action((id: string, _options: unknown, command: Command) =>
      change(command, `${id} is being removed.`, (api) => api.send(appPath(id), { method: 'DELETE' })),
    )
}

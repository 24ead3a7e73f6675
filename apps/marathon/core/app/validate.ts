/** The semantic rules of a normalised app, with Marathon's messages. */
import { pathIdErrors } from '../ids/index.ts'
import type { App } from './app-schema.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'
import { validateChecks } from './validate-checks.ts'
import { validateConstraints } from './validate-constraints.ts'
import { validateContainer } from './validate-container.ts'
import { validateNetworks } from './validate-networks.ts'

export type ValidateOptions = { readonly features: ReadonlySet<string>; readonly allowedRoles: readonly string[] }

export function validateApp(app: App, options: ValidateOptions): Problem[] {
  return [
    ...pathIdErrors(app.id).map((error) => problem('/id', error)),
    ...validateCommand(app),
    ...validateResources(app, options),
    ...validateRoles(app, options),
    ...validateNetworks(app),
    ...validateContainer(app, options),
    ...validateConstraints(app.constraints),
    ...validateChecks(app),
    ...validateStrategies(app),
    ...validateSecrets(app, options),
    ...validateLabels(app),
  ]
}

function validateCommand(app: App): Problem[] {
  const found: Problem[] = []
  const hasCommand = app.cmd !== undefined
  const hasArgs = app.args !== undefined
  const runsImage = app.container?.docker !== undefined || app.container?.type === 'MESOS'
  if (app.cmd !== undefined && app.cmd.length < 2) found.push(problem('/cmd', 'must not be an empty string'))
  if ((hasCommand && hasArgs) || (!hasCommand && !hasArgs && !runsImage))
    found.push(problem('/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."))
  for (const [index, { uri }] of app.fetch.entries())
    if (/\s/.test(uri)) found.push(problem(`/fetch(${index})/uri`, 'URI has invalid syntax.'))
  return found
}

function validateResources(app: App, options: ValidateOptions): Problem[] {
  const found: Problem[] = []
  if (app.gpus > 0 && !options.features.has('gpu_resources'))
    found.push(problem('/gpus', 'Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources)'))
  if (app.gpus > 0 && app.container?.type === 'DOCKER')
    found.push(problem('/', 'GPU resources only work with the Mesos containerizer'))
  for (const name of ['cpus', 'mem'] as const) {
    const limit = app.resourceLimits?.[name]
    if (typeof limit === 'string' && limit !== 'unlimited')
      found.push(
        problem(
          `/resourceLimits/${name}`,
          `'${limit}' is an invalid resource limit. It must be 'unlimited' or a number`,
        ),
      )
    if (typeof limit === 'number' && limit < app[name])
      found.push(
        problem(
          `/resourceLimits/${name}`,
          `resource limit must be greater than or equal to requested resource (${app[name]})`,
        ),
      )
  }
  return found
}

function validateRoles(app: App, options: ValidateOptions): Problem[] {
  const found: Problem[] = []
  if (!options.allowedRoles.includes(app.role))
    found.push(problem('/role', `got ${app.role}, expected one of: [${options.allowedRoles.join(', ')}]`))
  const accepted = app.acceptedResourceRoles
  if (accepted?.length === 0) found.push(problem('/acceptedResourceRoles', 'must not be empty'))
  if (accepted?.some((role) => role !== '*' && role !== app.role))
    found.push(problem('/acceptedResourceRoles', `acceptedResourceRoles can only contain * and ${app.role}`))
  return found
}

function validateStrategies(app: App): Problem[] {
  const strategy = app.unreachableStrategy
  if (strategy === 'disabled' || strategy.inactiveAfterSeconds <= strategy.expungeAfterSeconds) return []
  const { inactiveAfterSeconds, expungeAfterSeconds } = strategy
  const text =
    `inactiveAfterSeconds (${inactiveAfterSeconds}) must be less or equal to expungeAfterSeconds, ` +
    `which is ${expungeAfterSeconds}`
  return [problem('/unreachableStrategy', text)]
}

function validateSecrets(app: App, options: ValidateOptions): Problem[] {
  const found: Problem[] = []
  const isEnabled = options.features.has('secrets')
  if (Object.keys(app.secrets).length > 0 && !isEnabled)
    found.push(problem('/secrets', 'Feature secrets is not enabled. Enable with --enable_features secrets)'))
  for (const [key, value] of Object.entries(app.env)) {
    if (key === '') found.push(problem('/env()', 'must not be empty'))
    if (typeof value === 'string') continue
    if (!isEnabled)
      found.push(
        problem('/env', 'use of secret-references in the environment requires the secrets feature to be enabled'),
      )
    if (app.secrets[value.secret] === undefined)
      found.push(problem(`/env(${key})/secret`, 'references an undefined secret'))
  }
  return found
}

function validateLabels(app: App): Problem[] {
  const found: Problem[] = []
  const { labels, upgradeStrategy } = app
  if (labels['MARATHON_SINGLE_INSTANCE_APP'] === 'true') {
    if (app.instances > 1) found.push(problem('/instances', 'Single instance app may only have one instance'))
    for (const key of ['minimumHealthCapacity', 'maximumOverCapacity'] as const)
      if (upgradeStrategy[key] !== 0)
        found.push(problem(`/upgradeStrategy/${key}`, `got ${upgradeStrategy[key]}, but expected 0`))
  }
  if (labels['DCOS_MIGRATION_API_VERSION'] === undefined) return found
  if (labels['DCOS_MIGRATION_API_VERSION'] !== 'v1')
    found.push(problem('/labels', "DCOS_MIGRATION_API_VERSION must be 'v1'"))
  if (labels['DCOS_PACKAGE_FRAMEWORK_NAME'] === undefined || labels['DCOS_MIGRATION_API_PATH'] === undefined)
    found.push(
      problem(
        '/labels',
        'DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION',
      ),
    )
  return found
}

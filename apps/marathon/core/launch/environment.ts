/** The environment of a task: what Marathon generates, then what the app sets. */
import type { Random } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import type { App } from '../app/index.ts'
import { declaredPorts } from './ports.ts'
import type { DeclaredPort } from './ports.ts'

export type EnvironmentInput = {
  readonly app: App
  readonly taskId: string
  readonly host: string
  /** By declaration. */
  readonly hostPorts: readonly (number | null)[]
  readonly enforceRole: boolean
  readonly prefix: string | undefined
  readonly random: Random
}

const labelKeyCharsMax = 493
const labelValueCharsMax = 512
const ephemeralMin = 1025
const portsEnd = 65_536

/** A double as the JVM writes it: `128.0`. */
function doubleText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function environmentName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]+/g, '_').toUpperCase()
}

function labelVariables(labels: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(labels).filter(
    ([key, value]) => key.length < labelKeyCharsMax && value.length < labelValueCharsMax,
  )
  const names = entries.map(([key]) => environmentName(key))
  const variables = entries.map(([key, value]) => [`MARATHON_APP_LABEL_${environmentName(key)}`, value])
  return { MARATHON_APP_LABELS: names.join(' '), ...Object.fromEntries(variables) }
}

function appVariables({ app, taskId, enforceRole }: EnvironmentInput): Record<string, string> {
  const image = app.container?.type === 'DOCKER' ? app.container.docker?.image : undefined
  return {
    MESOS_TASK_ID: taskId,
    MARATHON_APP_ID: app.id,
    MARATHON_APP_VERSION: app.version,
    ...(image === undefined ? {} : { MARATHON_APP_DOCKER_IMAGE: image }),
    MARATHON_APP_RESOURCE_CPUS: doubleText(app.cpus),
    MARATHON_APP_RESOURCE_MEM: doubleText(app.mem),
    MARATHON_APP_RESOURCE_DISK: doubleText(app.disk),
    MARATHON_APP_RESOURCE_GPUS: String(app.gpus),
    MARATHON_APP_ENFORCE_GROUP_ROLE: enforceRole ? 'TRUE' : 'FALSE',
    ...labelVariables(app.labels),
  }
}

/** The port a task should use for a declared port, whether Mesos gave it or not. */
export function effectivePorts(input: Pick<EnvironmentInput, 'app' | 'hostPorts' | 'random'>): number[] {
  return declaredPorts(input.app).map((port, index) => effectivePort(port, input.hostPorts[index], input.random))
}

function effectivePort(port: DeclaredPort, hostPort: number | null | undefined, random: Random): number {
  if (typeof hostPort === 'number') return hostPort
  if (port.containerPort !== undefined && port.containerPort !== 0) return port.containerPort
  return ephemeralMin + random.integer(portsEnd - ephemeralMin)
}

function portVariables(input: EnvironmentInput, effective: readonly number[]): Record<string, string> {
  const variables: Record<string, string> = { HOST: input.host }
  for (const [index, port] of declaredPorts(input.app).entries()) {
    const value = String(effective[index] ?? 0)
    variables[`PORT${index}`] = value
    variables[`PORT_${port.declared === 0 ? value : port.declared}`] = value
    if (port.name !== undefined) variables[`PORT_${port.name.toUpperCase()}`] = value
  }
  if (effective.length === 0) return variables
  return { ...variables, PORT: String(effective[0]), PORTS: effective.join(',') }
}

function withPrefix(variables: Record<string, string>, prefix: string | undefined): Record<string, string> {
  if (prefix === undefined) return variables
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [prefix + key, value]))
}

export function environmentOf(input: EnvironmentInput, effective: readonly number[]): mesos.Environment {
  const generated = { ...appVariables(input), ...withPrefix(portVariables(input, effective), input.prefix) }
  const variables = new Map<string, mesos.Environment_Variable>()
  for (const [name, value] of Object.entries(generated)) variables.set(name, { name, value })
  for (const [name, value] of Object.entries(input.app.env)) variables.set(name, userVariable(input.app, name, value))
  return { variables: [...variables.values()] }
}

function userVariable(app: App, name: string, value: string | { secret: string }): mesos.Environment_Variable {
  if (typeof value === 'string') return { name, value }
  const source = app.secrets[value.secret]?.source ?? ''
  return { name, type: 'SECRET', secret: { type: 'REFERENCE', reference: { name: source } } }
}

/** From posted JSON to a job. What the original rejects is rejected in its words; what made it fail is a clear 400. */
import type { Millis } from '@thermosphere/effects'
import { averageLengthMs, parsePeriod } from '../schedule/iso-period.ts'
import { parseSchedule } from '../schedule/schedule.ts'
import { containerSchema, jobSchema } from './job-schema.ts'
import type { JobDocument } from './job-schema.ts'
import { retryDelayMaxMs } from '../limits.ts'
import { refusal } from './job.ts'
import type { Constraint, Job, Refusal, Trigger } from './job.ts'

export type Defaults = {
  readonly cpus: number
  readonly mem: number
  readonly disk: number
  /** User of tasks whose job names none. */
  readonly user: string
  /** For scheduled jobs without one of their own; undefined: no limit to lateness. */
  readonly epsilon: string | undefined
}

export type ParseContext = {
  readonly now: Millis
  readonly defaults: Defaults
  /** Which endpoint the document came to; undefined when it comes from the store. */
  readonly endpoint?: 'iso8601' | 'dependency'
}

export type ParsedJob = { readonly ok: true; readonly job: Job } | Refusal

/** Null means absent, at every depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

class Refused extends Error {}
const refuse = (message: string): never => {
  throw new Refused(message)
}

export function parseJob(document: unknown, context: ParseContext): ParsedJob {
  const parsed = jobSchema.safeParse(withoutNulls(document))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue?.path.join('.') ?? ''
    const message = issue?.message ?? 'is invalid'
    return refusal(400, field === '' ? 'a job is a JSON object' : field === 'name' ? message : `${field}: ${message}`)
  }
  try {
    return { ok: true, job: buildJob(parsed.data, context) }
  } catch (error) {
    if (error instanceof Refused) return refusal(400, error.message)
    throw error
  }
}

function buildJob(document: JobDocument, context: ParseContext): Job {
  const { parents: _parents, schedule: _schedule, scheduleTimeZone: _zone, timeout, epsilon, ...settings } = document
  const { defaults } = context
  checkFetch(document)
  const timeoutMs = durationOf(timeout, 'timeout') ?? 0
  return {
    ...settings,
    epsilon: epsilon === '' ? undefined : epsilon,
    cpus: document.cpus || defaults.cpus,
    mem: document.mem || defaults.mem,
    disk: document.disk || defaults.disk,
    runAsUser: document.runAsUser || defaults.user,
    maxCompletionTime: document.maxCompletionTime || Math.ceil(timeoutMs / 1000),
    container: containerOf(document.container),
    constraints: document.constraints.map(constraintOf),
    trigger: triggerOf(document, context),
    retryDelayMs: durationOf(document.retryDelay, 'retryDelay'),
    retryBackoffMs: backoffOf(document.retryBackoff),
  }
}

const backoffOf = (backoff: JobDocument['retryBackoff']): Job['retryBackoffMs'] => ({
  factor: backoff?.factor ?? 1,
  maxMs: durationOf(backoff?.max, 'retryBackoff.max') ?? retryDelayMaxMs,
})

const durationOf = (text: string | undefined, field: string): Millis | undefined =>
  text === undefined || text === '' ? undefined : durationMs(text, field)

/** Seconds, or an ISO 8601 period. */
function durationMs(text: string, field: string): Millis {
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * 1000)
  const period = parsePeriod(text)
  if (period === undefined) return refuse(`${field}: '${text}' is not a period like PT15M`)
  return averageLengthMs(period)
}

/** A listing returns both forms of the same list; two different lists are a mistake. */
function checkFetch({ name, fetch, uris }: JobDocument): void {
  const same = fetch.length === uris.length && fetch.every(({ uri }, index) => uris[index] === uri)
  if (fetch.length > 0 && uris.length > 0 && !same) {
    refuse(`Tried to add both uri (deprecated) and fetch parameters on ${name}`)
  }
}

/** Dropped unless it has an image. */
function containerOf(value: unknown): Job['container'] {
  const hasImage = typeof value === 'object' && value !== null && 'image' in value && Boolean(value.image)
  if (!hasImage) return undefined
  const parsed = containerSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return refuse(`container.${issue?.path.join('.')}: ${issue?.message}`)
}

const operators = ['EQUALS', 'LIKE', 'UNLIKE'] as const

function constraintOf([attribute, name, value]: readonly [string, string, string]): Constraint {
  const operator = operators.find((one) => one === name)
  if (operator === undefined)
    return refuse(`constraints: operator '${name}' is unknown; allowed: ${operators.join(', ')}`)
  if (operator === 'EQUALS') return { attribute, operator, value }
  const pattern = patternOf(value)
  if (pattern === undefined)
    return refuse(`constraints: '${value}' is not a regular expression that is understood here`)
  return { attribute, operator, value, pattern }
}

/** A Java pattern that must match the whole text; undefined when JavaScript cannot read it the same way. */
function patternOf(text: string): RegExp | undefined {
  const ignoresCase = text.startsWith('(?i)')
  const body = ignoresCase ? text.slice(4) : text
  const isPossessive = /(?<!\\)[*+?}]\+/.test(body)
  if (isPossessive || /\(\?[a-zA-Z]+\)/.test(body)) return undefined
  const translated = body.replaceAll(/\\(.)/gs, (pair, char: string) =>
    char === 'Z' || char === 'z' ? '$' : char === 'A' ? '^' : pair,
  )
  try {
    return new RegExp(`^(?:${translated})$`, ignoresCase ? 'i' : '')
  } catch {
    return undefined
  }
}

function triggerOf(document: JobDocument, context: ParseContext): Trigger {
  const { parents, schedule } = document
  const hasParents = parents !== undefined
  if (context.endpoint === 'iso8601' && hasParents) refuse('A dependent job must be posted to /dependency')
  if (context.endpoint === 'dependency' && !hasParents) refuse('A scheduled job must be posted to /iso8601')
  if (hasParents) return { type: 'dependent', parents: parentNames(parents, document.name) }
  const zone = document.scheduleTimeZone
  const parsed = parseSchedule(scheduleText(schedule, context.now), { zone, now: context.now })
  if (!parsed.ok) return refuse(parsed.error)
  const epsilonMs = durationOf(document.epsilon || context.defaults.epsilon, 'epsilon')
  return { type: 'scheduled', schedule: parsed.schedule, zone, epsilonMs }
}

/** Without one the job runs once, now. */
function scheduleText(schedule: unknown, now: Millis): string {
  if (schedule === undefined) return `R1/${Temporal.Instant.fromEpochMilliseconds(now).toString()}/PT24H`
  return typeof schedule === 'object' ? '' : String(schedule)
}

function parentNames(value: unknown, name: string): string[] {
  const names = Array.isArray(value) ? [...new Set(value.map(String))] : []
  if (names.length === 0) refuse(`${name} has an empty list of parents; a dependent job needs at least one`)
  return names
}

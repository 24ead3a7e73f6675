/** A mixed workload from a seed. */
import { createRandom } from '@thermosphere/effects'
import type { Millis, Random } from '@thermosphere/effects'
import type { AppBody, ChronosRequest, ClientRequest, JobDocument, MarathonRequest } from './requests.ts'

export type WorkloadOptions = {
  readonly seed: number
  /** Virtual wall time of the start; schedules begin there. */
  readonly startAt: Millis
  /** The last request is made before that. */
  readonly durationMs: Millis
}

type Timed = { readonly after: Millis }

export function generateWorkload({ seed, startAt, durationMs }: WorkloadOptions): ClientRequest[] {
  const random = createRandom(seed)
  const requests = [
    ...marathonRequests(random, durationMs),
    ...groupRequests(random, durationMs),
    ...chronosRequests(random, { startAt, durationMs }),
  ]
  return requests.sort((left, right) => left.after - right.after)
}

const pick = <T>(random: Random, choices: readonly [T, ...T[]]): T =>
  choices[random.integer(choices.length)] ?? choices[0]
const between = (random: Random, min: number, max: number): number => min + random.integer(max - min + 1)

const commands = ['sleep infinity', 'sleep infinity', 'sleep infinity', 'sleep 45', 'sleep 90; exit 1'] as const
const httpCheck = { protocol: 'HTTP', path: '/', gracePeriodSeconds: 20, intervalSeconds: 5, maxConsecutiveFailures: 3 }

function appBody(random: Random, revision: string): AppBody {
  const hasCheck = random.integer(3) === 0
  const isLost = random.integer(3) === 0
  return {
    cmd: pick(random, commands),
    instances: between(random, 1, 4),
    cpus: 0.1,
    mem: 16,
    upgradeStrategy: {
      minimumHealthCapacity: pick(random, [1, 1, 0.75, 0.5, 0]),
      maximumOverCapacity: pick(random, [0, 0.25, 0.5, 1]),
    },
    ...(hasCheck && { healthChecks: [{ ...httpCheck, port: 8080 }] }),
    ...(isLost && { unreachableStrategy: { inactiveAfterSeconds: 10, expungeAfterSeconds: 30 } }),
    labels: { revision },
    backoffSeconds: 1,
    maxLaunchDelaySeconds: 20,
  }
}

function marathonRequests(random: Random, durationMs: Millis): ClientRequest[] {
  const apps = ['/web', '/api', '/cache'].slice(0, between(random, 1, 3))
  return apps.flatMap((id) => {
    const first = marathonRequest({ after: random.integer(20_000) }, id, put(random, id, 0))
    const count = between(random, 2, 7)
    const rest = Array.from({ length: count }, (_, index) => {
      const after = 20_000 + random.integer(Math.max(1, durationMs - 20_000))
      return marathonRequest({ after }, id, change(random, id, index + 1))
    })
    return [first, ...rest]
  })
}

const marathonRequest = ({ after }: Timed, subject: string, request: MarathonRequest): ClientRequest => ({
  after,
  subject: `marathon ${subject}`,
  to: 'marathon',
  request,
})

const put = (random: Random, id: string, revision: number): MarathonRequest => ({
  type: 'put-app',
  id,
  body: appBody(random, `r${revision}`),
})

function change(random: Random, id: string, revision: number): MarathonRequest {
  switch (random.integer(9)) {
    case 0:
    case 1:
      return { type: 'scale-app', id, instances: between(random, 0, 5) }
    case 2:
      return { type: 'restart-app', id }
    case 3:
      return { type: 'kill-tasks', id, wipe: random.integer(2) === 0 }
    case 4:
      return { type: 'delete-app', id }
    default:
      return put(random, id, revision)
  }
}

/** A group of two apps, the second of which depends on the first. */
function groupRequests(random: Random, durationMs: Millis): ClientRequest[] {
  if (random.integer(2) === 0) return []
  return Array.from({ length: between(random, 1, 3) }, (_, index) => {
    const db = { ...appBody(random, `g${index}`), instances: between(random, 1, 2) }
    const shop = { ...appBody(random, `g${index}`), instances: between(random, 1, 2), dependencies: ['/shop/db'] }
    const after = index === 0 ? random.integer(30_000) : 30_000 + random.integer(Math.max(1, durationMs - 30_000))
    return marathonRequest({ after }, '/shop', { type: 'put-group', id: '/shop', apps: { db, web: shop } })
  })
}

type Span = { readonly startAt: Millis; readonly durationMs: Millis }
type JobPlan = { readonly name: string; readonly parents?: readonly string[] }

function chronosRequests(random: Random, span: Span): ClientRequest[] {
  const names = ['tick', 'report', 'backup'].slice(0, between(random, 1, 3))
  const children: JobPlan[] = [
    { name: 'child', parents: names.slice(0, 1) },
    { name: 'merge', parents: names.slice(0, 2) },
  ]
  // Parents must be there before their children can be: one client makes them all, in order.
  const first = [...names.map((name): JobPlan => ({ name })), ...children.slice(0, random.integer(3))]
  const created = first.map((plan, index) =>
    chronosRequest({ after: 1_000 + index }, putJob(random, plan, { span, revision: 0 })),
  )
  const changes = Array.from({ length: between(random, 2, 8) }, (_, index) => {
    const plan = first[random.integer(first.length)] ?? { name: 'tick' }
    const after = 30_000 + random.integer(Math.max(1, span.durationMs - 30_000))
    return chronosRequest({ after }, changeJob(random, plan, { span, revision: index + 1 }))
  })
  return [...created, ...changes]
}

const chronosRequest = ({ after }: Timed, request: ChronosRequest): ClientRequest => ({
  after,
  subject: 'chronos jobs',
  to: 'chronos',
  request,
})

type Made = { readonly span: Span; readonly revision: number }

function putJob(random: Random, { name, parents }: JobPlan, { span, revision }: Made): ChronosRequest {
  const intervalSeconds = pick(random, [15, 20, 30, 60])
  // Whole seconds, and some milliseconds that tell the times of one definition from those of the next.
  const startAt = span.startAt + (10 + random.integer(20)) * 1000 + revision * 20
  const document: JobDocument = {
    name,
    command: pick(random, ['sleep 2', 'sleep 2', 'sleep 5', 'sleep 20', 'sleep 3; exit 1']),
    ...(parents === undefined ? { schedule: schedule(random, startAt, intervalSeconds) } : { parents }),
    ...(parents === undefined && random.integer(2) === 0 && { epsilon: `PT${pick(random, [5, 10, 14])}S` }),
    retries: random.integer(3),
    concurrent: random.integer(4) === 0,
    description: `r${revision}`,
    cpus: 0.1,
    mem: 16,
    disk: 1,
  }
  return { type: 'put-job', document }
}

function schedule(random: Random, startAt: Millis, intervalSeconds: number): string {
  if (random.integer(5) === 0) return '* * * * *'
  const repetitions = random.integer(4) === 0 ? String(between(random, 3, 12)) : ''
  const start = Temporal.Instant.fromEpochMilliseconds(startAt).toString()
  return `R${repetitions}/${start}/PT${intervalSeconds}S`
}

function changeJob(random: Random, plan: JobPlan, made: Made): ChronosRequest {
  const { name } = plan
  switch (random.integer(8)) {
    case 0:
    case 1:
    case 2:
      return { type: 'run-job', name }
    case 3:
      return { type: 'kill-job', name }
    case 4:
    case 5:
      return { type: 'set-disabled', name, disabled: random.integer(2) === 0 }
    case 6:
      return plan.parents === undefined ? putJob(random, plan, made) : { type: 'run-job', name }
    default:
      return plan.parents === undefined ? { type: 'run-job', name } : { type: 'delete-job', name }
  }
}

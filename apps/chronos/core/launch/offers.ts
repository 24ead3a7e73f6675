/** From offers to launches. A run that does not fit is passed over with its reason; nobody blocks those behind. */
import { attributeText, OfferPool } from '@thermosphere/offer-engine'
import type { Match } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Constraint, Job } from '../job/job.ts'
import { idleDeclineSeconds, launchingDoubtMs } from '../limits.ts'
import { supersedeRetries } from '../runs/outcome.ts'
import { blockedBy, expireRun, queuedRuns, suppressWhenIdle } from '../runs/queue.ts'
import type { JobRecord, Run } from '../state.ts'
import type { Turn } from '../turn.ts'
import { taskInfoOf } from './task-info.ts'

type Pool = { readonly offer: mesos.Offer; readonly pool: OfferPool; readonly tasks: mesos.TaskInfo[] }

/** Attribute of the agent as text; `hostname` is there even when no attribute says so. */
function fieldOf(
  offer: mesos.Offer,
  name: string,
): { readonly text: string; readonly items: readonly string[] } | undefined {
  const attribute = (offer.attributes ?? []).find((one) => one.name === name)
  if (attribute === undefined)
    return name === 'hostname' ? { text: offer.hostname, items: [offer.hostname] } : undefined
  if (attribute.type === 'RANGES') return undefined
  const text = attributeText(attribute)
  return { text, items: attribute.type === 'SET' ? (attribute.set?.item ?? []) : [text] }
}

const holds = (offer: mesos.Offer, { attribute, operator, value, pattern }: Constraint): boolean => {
  const field = fieldOf(offer, attribute)
  if (field === undefined) return false
  if (operator === 'EQUALS') return field.items.includes(value) || isSameNumber(field.text, value)
  const matches = field.items.some((item) => pattern?.test(item) === true)
  return operator === 'LIKE' ? matches : !matches
}

const isSameNumber = (a: string, b: string): boolean => a.trim() !== '' && b.trim() !== '' && Number(a) === Number(b)

const unmetConstraint = (offer: mesos.Offer, job: Job): Constraint | undefined =>
  job.constraints.find((constraint) => !holds(offer, constraint))

type Attempt =
  | { readonly kind: 'match'; readonly place: Pool; readonly match: Match }
  | { readonly kind: 'none'; readonly why: string }

function findPlace(turn: Turn, record: JobRecord, pools: readonly Pool[]): Attempt {
  const { job } = record
  const { role } = turn.state.config
  const why = new Map<string, number>()
  const note = (text: string): void => void why.set(text, (why.get(text) ?? 0) + 1)
  for (const place of pools) {
    const unmet = unmetConstraint(place.offer, job)
    if (unmet !== undefined) {
      note(`constraint ${unmet.attribute} ${unmet.operator} ${unmet.value} does not hold`)
      continue
    }
    const demand = { role, cpus: job.cpus, mem: job.mem, disk: job.disk }
    const match = place.pool.match(demand, { random: turn.state.random })
    if (match.kind === 'match') return { kind: 'match', place, match }
    for (const { needed, offered } of match.reasons) note(`needs ${needed}, offered ${offered}`)
  }
  const reasons = [...why]
    .sort(([, a], [, b]) => b - a)
    .map(([text, count]) => (count > 1 ? `${text} (${count}×)` : text))
  return { kind: 'none', why: reasons.slice(0, 3).join('; ') || 'no offer has come yet' }
}

/** What decides whether a job fits: what one could not place, the next like it cannot either. */
const demandKey = ({ job }: JobRecord): string =>
  JSON.stringify([job.cpus, job.mem, job.disk, job.constraints.map((one) => [one.attribute, one.operator, one.value])])

type Placement = { readonly record: JobRecord; readonly place: Pool; readonly match: Match }

function launch(turn: Turn, run: Run, { record, place, match }: Placement): void {
  const { offer } = place
  run.state = 'launching'
  run.launchedAt = turn.now
  run.agentId = offer.agent_id.value
  run.agentHostname = offer.hostname
  delete run.waitsFor
  delete run.askedAt
  place.tasks.push(taskInfoOf({ job: record.job, run, offer, resources: match.resources }))
  turn.saveRun(run)
  // A child that starts waits for all of its parents anew.
  if (Object.keys(record.edges).length > 0) {
    record.edges = {}
    turn.saveJob(record)
  }
  supersedeRetries(turn, record, run)
  turn.timer(`expire/${run.id}`, undefined)
  turn.timer(`start/${run.id}`, undefined)
  turn.timer(`doubt/${run.id}`, turn.now + launchingDoubtMs)
  turn.count('launch', { job: run.job, valueMs: Math.max(0, turn.now - run.dueAt) })
}

/** Places as many queued runs as fit; the rest of each offer goes back. */
export function onOffers(turn: Turn, offers: readonly mesos.Offer[]): void {
  const pools = offers.map((offer): Pool => ({ offer, pool: new OfferPool(offer), tasks: [] }))
  const isScheduling = turn.state.phase === 'scheduling'
  if (isScheduling) placeQueued(turn, pools)
  for (const { offer, tasks } of pools) answer(turn, offer, tasks)
  if (isScheduling) suppressWhenIdle(turn)
}

function placeQueued(turn: Turn, pools: readonly Pool[]): void {
  const refused = new Map<string, string>()
  for (const run of queuedRuns(turn.state)) {
    // A launch before it may have made it pointless.
    if (run.state !== 'queued') continue
    if (run.expiresAt !== undefined && run.expiresAt < turn.now) {
      expireRun(turn, run)
      continue
    }
    const record = turn.state.jobs.get(run.job)
    const blocked = blockedBy(turn.state, run)
    if (record === undefined || blocked !== undefined) {
      run.waitsFor = blocked ?? 'its job was deleted'
      continue
    }
    const key = demandKey(record)
    const known = refused.get(key)
    const attempt: Attempt = known === undefined ? findPlace(turn, record, pools) : { kind: 'none', why: known }
    if (attempt.kind === 'match') launch(turn, run, { record, ...attempt })
    else refused.set(key, (run.waitsFor = attempt.why))
  }
}

function answer(turn: Turn, offer: mesos.Offer, tasks: mesos.TaskInfo[]): void {
  const isIdle = turn.state.runs.queued.size === 0
  const seconds = turn.state.config.declineSeconds ?? (isIdle ? idleDeclineSeconds : undefined)
  const filters = seconds === undefined ? {} : { filters: { refuse_seconds: seconds } }
  if (tasks.length === 0) return turn.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], ...filters } })
  const operations: mesos.Offer_Operation[] = [{ type: 'LAUNCH', launch: { task_infos: tasks } }]
  turn.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, ...filters } })
}

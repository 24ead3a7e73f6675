/** From offers to launches. A run that does not fit is passed over with its reason; nobody blocks those behind. */
import { attributeText, OfferPool } from '@thermosphere/offer-engine'
import type { Match } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import type { Constraint, Job } from '../job/job.ts'
import { idleDeclineSeconds, launchingDoubtMs } from '../limits.ts'
import { blockedBy, queuedRuns, suppressWhenIdle } from '../runs/queue.ts'
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

const holds = (offer: mesos.Offer, { attribute, operator, value }: Constraint): boolean => {
  const field = fieldOf(offer, attribute)
  if (field === undefined) return false
  if (operator === 'EQUALS') {
    return field.items.includes(value) || (value.trim() !== '' && Number(field.text) === Number(value))
  }
  const pattern = new RegExp(`^(?:${value})$`)
  const matches = field.items.some((item) => pattern.test(item))
  return operator === 'LIKE' ? matches : !matches
}

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

function launch(
  turn: Turn,
  run: Run,
  options: { readonly record: JobRecord; readonly place: Pool; readonly match: Match },
): void {
  const { record, place, match } = options
  const { offer } = place
  run.state = 'launching'
  run.launchedAt = turn.now
  run.agentId = offer.agent_id.value
  run.agentHostname = offer.hostname
  delete run.waitsFor
  const { user } = turn.state.config
  place.tasks.push(taskInfoOf({ job: record.job, run, offer, resources: match.resources, user }))
  // A child that starts waits for all of its parents anew.
  record.edges = {}
  turn.saveJob(record)
  turn.saveRun(run)
  turn.timer(`expire/${run.id}`, undefined)
  turn.timer(`start/${run.id}`, undefined)
  turn.timer(`doubt/${run.id}`, turn.now + launchingDoubtMs)
  turn.count('launch', { job: run.job, valueMs: turn.now - run.dueAt })
}

/** Places as many queued runs as fit; the rest of each offer goes back. */
export function onOffers(turn: Turn, offers: readonly mesos.Offer[]): void {
  const pools = offers.map((offer): Pool => ({ offer, pool: new OfferPool(offer), tasks: [] }))
  const isScheduling = turn.state.phase === 'scheduling'
  for (const run of isScheduling ? queuedRuns(turn.state) : []) {
    const record = turn.state.jobs.get(run.job)
    const blocked = blockedBy(turn.state, run)
    if (record === undefined || blocked !== undefined) {
      run.waitsFor = blocked ?? 'its job was deleted'
      continue
    }
    const attempt = findPlace(turn, record, pools)
    if (attempt.kind === 'match') launch(turn, run, { record, ...attempt })
    else run.waitsFor = attempt.why
  }
  for (const { offer, tasks } of pools) answer(turn, offer, tasks)
  if (isScheduling) suppressWhenIdle(turn)
}

function answer(turn: Turn, offer: mesos.Offer, tasks: mesos.TaskInfo[]): void {
  const isIdle = queuedRuns(turn.state).length === 0
  const seconds = turn.state.config.declineSeconds ?? (isIdle ? idleDeclineSeconds : undefined)
  const filters = seconds === undefined ? {} : { filters: { refuse_seconds: seconds } }
  if (tasks.length === 0) return turn.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], ...filters } })
  const operations: mesos.Offer_Operation[] = [{ type: 'LAUNCH', launch: { task_infos: tasks } }]
  turn.call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, ...filters } })
}

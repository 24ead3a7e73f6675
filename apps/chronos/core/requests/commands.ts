/** Requests that change something: what they do, and what the client is told. */
import { childrenOf, findCycle, relink } from '../graph/graph.ts'
import { parentsOf } from '../job/job.ts'
import type { Job } from '../job/job.ts'
import { parseJob } from '../job/parse-job.ts'
import { jobsMax } from '../limits.ts'
import type { Command, Reply } from '../messages.ts'
import { armJob, jobTimer } from '../runs/arm.ts'
import { killRun } from '../runs/kill.ts'
import { applySuccess, disableJob, fail, succeed } from '../runs/outcome.ts'
import { createRun, dropRun, mayOverlap } from '../runs/queue.ts'
import { firstCursor, renderSchedule } from '../schedule/schedule.ts'
import { taskIdPattern } from '../runs/task-id.ts'
import { takeBack } from '../runs/unconfirmed.ts'
import { activeRunsOf, isLaunched } from '../state.ts'
import type { JobRecord } from '../state.ts'
import { jobKey } from '../stored.ts'
import type { Turn } from '../turn.ts'

const done: Reply = { status: 204 }
const bad = (message: string): Reply => ({ status: 400, message })

export function runCommand(turn: Turn, command: Command): Reply {
  switch (command.type) {
    case 'put-job':
      return putJob(turn, command)
    case 'delete-job':
      return withJob(turn, command.name, (record) => deleteJob(turn, record))
    case 'run-job':
      return withJob(turn, command.name, (record) => runJob(turn, record, command.arguments))
    case 'kill-job':
      return withJob(turn, command.name, () => killJob(turn, command.name))
    case 'mark-success':
      return markSuccess(turn, command.name)
    case 'set-disabled':
      return withJob(turn, command.name, (record) => setDisabled(turn, record, command.disabled))
    case 'progress':
      return withJob(turn, command.name, (record) => addProgress(turn, record, command))
    case 'end-async-task':
      return endAsyncTask(turn, command)
    case 'drop-queue':
      return dropQueue(turn)
  }
}

function withJob(turn: Turn, name: string, act: (record: JobRecord) => Reply): Reply {
  const record = turn.state.jobs.get(name)
  return record === undefined ? bad(`requirement failed: JobSchedule '${name}' not found`) : act(record)
}

function putJob(turn: Turn, { document, endpoint }: Extract<Command, { type: 'put-job' }>): Reply {
  const { state, now } = turn
  const parsed = parseJob(document, { now, defaults: state.config.defaults, endpoint })
  if (!parsed.ok) return { status: parsed.status, message: parsed.message }
  const { job } = parsed
  const graphError = checkParents(turn, job)
  if (graphError !== undefined) return bad(graphError)
  const existing = state.jobs.get(job.name)
  if (existing === undefined && state.jobs.size >= jobsMax) return bad(`there are ${jobsMax} jobs already, the maximum`)
  const record = existing === undefined ? newRecord(turn, job) : replaced(turn, existing, job)
  state.jobs.set(job.name, record)
  relink(state, existing?.job, record.job)
  if (record.job.disabled) disableJob(turn, record)
  turn.saveJob(record)
  armJob(turn, record)
  return done
}

function checkParents(turn: Turn, job: Job): string | undefined {
  const { jobs } = turn.state
  const parents = parentsOf(job)
  const missing = parents.filter((name) => name !== job.name && !jobs.has(name))
  if (missing.length > 0) {
    return `Job ${job.name} does not have all parents defined: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} unknown`
  }
  const cycle = findCycle(jobs, { name: job.name, parents })
  return cycle === undefined ? undefined : `${job.name} would create a cycle: ${cycle.join(' -> ')}`
}

function newRecord(turn: Turn, job: Job): JobRecord {
  const { trigger } = job
  const isScheduled = trigger.type === 'scheduled'
  return {
    job,
    cursor: isScheduled ? firstCursor(trigger.schedule, turn.now) : { index: 0, at: undefined },
    left: isScheduled && trigger.schedule.type === 'iso' ? trigger.schedule.repetitions : undefined,
    edges: {},
    runTimes: [],
    runCount: 0,
    createdAt: turn.now,
  }
}

/**
 * The sequence goes on when the schedule is the posted one, or the one that a listing shows. `R1//P…` means a new start
 * each time it is posted, and what has run out begins anew.
 */
function keepsAnchor(existing: JobRecord, { trigger }: Job): boolean {
  const before = existing.job.trigger
  if (trigger.type !== 'scheduled' || before.type !== 'scheduled' || trigger.zone !== before.zone) return false
  const { text } = trigger.schedule
  if (text === renderSchedule(before.schedule, existing.cursor, existing.left)) return !startsNow(text)
  const isExhausted = existing.left === 0
  return text === before.schedule.text && !isExhausted && !startsNow(text)
}

const startsNow = (text: string): boolean => /^R\d*\/\//.test(text)

/** Full replacement, but for the sequence and what was counted of the runs. */
function replaced(turn: Turn, existing: JobRecord, job: Job): JobRecord {
  const fresh = newRecord(turn, job)
  const { runTimes, runCount } = existing
  const parents = new Set(parentsOf(job))
  const edges = Object.fromEntries(Object.entries(existing.edges).filter(([name]) => parents.has(name)))
  if (!keepsAnchor(existing, job)) return { ...fresh, edges, runTimes, runCount }
  const { cursor, left, createdAt } = existing
  const trigger = keptTrigger(existing.job, job)
  return { ...fresh, job: { ...job, trigger }, cursor, left, createdAt, edges, runTimes, runCount }
}

/** The old anchor with the epsilon of the new document. */
function keptTrigger(before: Job, { trigger }: Job): Job['trigger'] {
  if (before.trigger.type !== 'scheduled' || trigger.type !== 'scheduled') return trigger
  return { ...trigger, schedule: before.trigger.schedule }
}

function deleteJob(turn: Turn, record: JobRecord): Reply {
  const { state } = turn
  const { name } = record.job
  for (const run of activeRunsOf(state, name)) {
    run.isOrphan = true
    if (isLaunched(run)) killRun(turn, run)
    else dropRun(turn, run, { reason: 'job-deleted', message: 'its job was deleted' })
  }
  for (const child of childrenOf(state, name)) inherit(turn, child, record)
  state.jobs.delete(name)
  relink(state, record.job, undefined)
  turn.write({ type: 'delete', key: jobKey(name) })
  turn.timer(jobTimer(name), undefined)
  turn.event({ type: 'job_deleted', name })
  turn.notify({ about: 'deleted', job: record.job, message: '' })
  return done
}

/** Children of a deleted job get its parents, or, with no other parent, its schedule. */
function inherit(turn: Turn, child: JobRecord, deleted: JobRecord): void {
  const others = parentsOf(child.job).filter((name) => name !== deleted.job.name)
  const parents = [...new Set([...others, ...parentsOf(deleted.job)])]
  const before = child.job
  delete child.edges[deleted.job.name]
  if (parents.length > 0) {
    child.job = { ...child.job, trigger: { type: 'dependent', parents } }
  } else {
    child.job = { ...child.job, trigger: deleted.job.trigger }
    child.cursor = deleted.cursor
    child.left = deleted.left
    child.createdAt = deleted.createdAt
  }
  relink(turn.state, before, child.job)
  turn.saveJob(child)
  armJob(turn, child)
}

/** A second request while the first one is queued adds nothing, unless its arguments are others. */
function runJob(turn: Turn, record: JobRecord, given: string | undefined): Reply {
  const { job } = record
  const text = given?.replaceAll(';', '')
  const list = text === undefined ? job.arguments : text === '' ? [] : [text]
  const same = (other: readonly string[]): boolean => other.join(' ') === list.join(' ')
  const isQueued = activeRunsOf(turn.state, job.name).some((run) => run.state === 'queued' && same(run.arguments))
  if (!isQueued || mayOverlap(job)) createRun(turn, { record, cause: 'manual', dueAt: turn.now, arguments: list })
  return done
}

function killJob(turn: Turn, name: string): Reply {
  for (const run of activeRunsOf(turn.state, name)) if (isLaunched(run)) killRun(turn, run)
  return done
}

function markSuccess(turn: Turn, name: string): Reply {
  const record = turn.state.jobs.get(name)
  if (record === undefined) return { status: 200, body: `marked job ${name} as successful: false` }
  record.edges = {}
  applySuccess(turn, record)
  return { status: 200, body: `marked job ${name} as successful: true` }
}

function setDisabled(turn: Turn, record: JobRecord, disabled: boolean): Reply {
  if (disabled) {
    disableJob(turn, record)
  } else {
    record.job = { ...record.job, disabled }
    turn.saveJob(record)
    armJob(turn, record)
  }
  return done
}

function addProgress(turn: Turn, { job }: JobRecord, command: Extract<Command, { type: 'progress' }>): Reply {
  const run = turn.state.runs.byTask.get(command.taskId)
  if (!job.dataProcessingJobType) return bad(`${job.name} is not a data processing job`)
  if (run === undefined || run.job !== job.name) return bad(`${command.taskId} is not a task of ${job.name}`)
  if (command.elements < 0) return bad('numAdditionalElementsProcessed must not be negative')
  run.elements = (run.elements ?? 0) + command.elements
  turn.saveRun(run)
  return done
}

function endAsyncTask(turn: Turn, { taskId, statusCode }: Extract<Command, { type: 'end-async-task' }>): Reply {
  if (!taskIdPattern.test(taskId)) return bad(`${taskId} is not the id of a task`)
  const run = turn.state.runs.byTask.get(taskId)
  if (run === undefined) return done
  const isItsTask = run.taskId === taskId || takeBack(turn, run, taskId)
  if (!isItsTask || !isLaunched(run)) return done
  run.exitCode = statusCode
  if (statusCode === 0) succeed(turn, run)
  else fail(turn, run, { mayRetry: true })
  return done
}

function dropQueue(turn: Turn): Reply {
  for (const run of [...turn.state.runs.active.values()]) {
    if (run.state === 'queued' || run.state === 'delayed') {
      dropRun(turn, run, { reason: 'queue-dropped', message: 'somebody dropped everything that was queued' })
    }
  }
  return done
}

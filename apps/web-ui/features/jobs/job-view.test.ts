import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jobSchema, jobSummarySchema, runSchema } from '../../api/schemas/chronos.ts'
import { editableJob, jobFieldOf, jobToSave, missingInJob, newJob } from './job-document.ts'
import { forbiddenForJob, jobView, runView } from './job-view.ts'
import { relatives } from './graph/job-graph.ts'

const job = (more: object = {}) => jobSchema.parse({ name: 'a', command: 'x', schedule: 'R//PT1H', ...more })
const view = (more: object = {}, summary: object = {}) =>
  jobView(job(more), { summary: jobSummarySchema.parse({ name: 'a', ...summary }), waiting: undefined }, 0)

describe('the status of a job', () => {
  const table: [string, object, object, string][] = [
    ['running', {}, { state: '2 running', status: 'failure' }, '2 running'],
    ['disabled', { disabled: true }, { status: 'failure' }, 'Disabled'],
    ['queued', {}, { state: 'queued' }, 'Queued'],
    ['failed', {}, { status: 'failure' }, 'Failed'],
    ['succeeded', {}, { status: 'success' }, 'Succeeded'],
    ['new', {}, { status: 'fresh' }, 'Not run yet'],
  ]
  for (const [name, more, summary, word] of table) it(`is ${name}`, () => assert.equal(view(more, summary).word, word))
  it('says what a queued run waits for', () => {
    const waiting = runSchema.parse({ id: 'r', state: 'queued', waitsFor: 'needs 4 cpus' })
    assert.equal(
      jobView(job(), { summary: jobSummarySchema.parse({ name: 'a', state: 'queued' }), waiting }, 0).reason,
      'needs 4 cpus',
    )
  })
  it('of a dependent one says what it follows', () =>
    assert.equal(view({ parents: ['p', 'q'], schedule: undefined }).when, 'after p and q'))
})

describe('a job that is saved', () => {
  it('keeps its counters, which the form does not show', () => {
    const stored = job({ successCount: 7, lastSuccess: '2026-01-01T00:00:00.000Z' })
    const edited = editableJob(stored)
    assert.equal('successCount' in edited, false)
    assert.equal(jobToSave({ ...edited, cpus: 2 }, stored)['successCount'], 7)
  })
  it('keeps what the form does not know', () =>
    assert.deepEqual(editableJob(job({ fetch: [{ uri: 'u' }] }))['fetch'], [{ uri: 'u' }]))
})

describe('a job that cannot be sent yet', () => {
  it('says what is missing', () => {
    assert.match(missingInJob(newJob([])) ?? '', /name/)
    assert.match(missingInJob({ name: 'a', schedule: ' ' }) ?? '', /schedule/)
    assert.match(missingInJob({ name: 'a', parents: [] }) ?? '', /at least one job/)
    assert.equal(missingInJob({ name: 'a', parents: ['b'] }), undefined)
  })
})

describe("Chronos' sentence", () => {
  for (const [message, field] of [
    ["the job's name is invalid. Allowed names: '…'", 'name'],
    ["Cannot parse schedule 'x'", 'schedule'],
    ['a -> b would create a cycle', 'parents'],
    ['store unavailable', undefined],
  ] as const)
    it(`'${message}' belongs to ${field ?? 'no field'}`, () => assert.equal(jobFieldOf(message), field))
})

describe('actions on a job', () => {
  it('are off with the reason when the state forbids them', () => {
    assert.match(forbiddenForJob('kill', view(), { isLive: true }) ?? '', /No run/)
    assert.match(forbiddenForJob('run', view(), { isLive: false }) ?? '', /connection/)
    assert.equal(forbiddenForJob('run', view({ disabled: true }), { isLive: true }), undefined)
  })
})

describe('runs and families', () => {
  it('read any spelling of a state', () => {
    assert.equal(runView(runSchema.parse({ id: 'r', state: 'TASK_FAILED', exitCode: 2 })).word, 'Failed')
    assert.equal(runView(runSchema.parse({ id: 'r', state: 'launching' })).isActive, true)
  })
  it('hold everything before and after, also around a diamond', () => {
    const of = (name: string, parents: string[]) => ({ ...view(), name, parents })
    const all = [of('a', []), of('b', ['a']), of('c', ['a']), of('d', ['b', 'c']), of('x', [])]
    assert.deepEqual(
      relatives('b', all).map((one) => one.name),
      ['a', 'b', 'd'],
    )
  })
})

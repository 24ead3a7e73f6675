/** Endpoints that only look. */
import {
  allStatistics,
  findRun,
  graphCsv,
  graphDot,
  jobStatistics,
  listJobs,
  nextRuns,
  queueView,
  runsOf,
  runView,
  searchJobs,
  showJob,
  summarize,
} from '@thermosphere/chronos-core'
import { HttpError, parseRequest } from '@thermosphere/service-kit'
import type { Router } from 'express'
import { z } from 'zod'
import { nextRunsMax, runsShownMax, searchLimitDefault, searchLimitMax } from '../limits.ts'
import type { Chronos } from '../shell/chronos.ts'
import { dialectOf } from './dialect.ts'

const searchSchema = z.object({
  name: z.string().optional(),
  command: z.string().optional(),
  any: z.string().optional(),
  label: z.string().optional(),
  limit: z.coerce.number().int().min(0).max(searchLimitMax).default(searchLimitDefault),
  offset: z.coerce.number().int().min(0).default(0),
})
const countSchema = z.object({ count: z.coerce.number().int().min(1).max(nextRunsMax).default(10) })
const limitSchema = z.object({ limit: z.coerce.number().int().min(1).max(runsShownMax).default(100) })

export const notFound = (name: string): HttpError => new HttpError(400, `requirement failed: Job '${name}' not found`)

export function addReadRoutes(router: Router, chronos: Chronos, { leader }: { readonly leader: () => string }): void {
  const { state } = chronos
  const found = <T>(name: string, value: T | undefined): T => {
    if (value === undefined) throw notFound(name)
    return value
  }
  router.get('/jobs', (request, response) => void response.json(listJobs(state, dialectOf(request))))
  router.get('/jobs/search', (request, response) => {
    const { limit, offset, ...texts } = parseRequest(searchSchema, request.query)
    const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
    response.json(searchJobs(state, { ...given, limit, offset }, dialectOf(request)))
  })
  router.get('/jobs/summary', (_request, response) => void response.json(summarize(state)))
  router.get('/job/stat/:name', (request, response) => {
    const { name } = request.params
    response.json(jobStatistics(state, found(name, state.jobs.get(name))))
  })
  router.get('/job/:name', (request, response) => {
    const { name } = request.params
    response.json(found(name, showJob(state, name, dialectOf(request))))
  })
  router.get(['/job/:name/runs', '/job/:name/history'], (request, response) => {
    const name = String(request.params['name'])
    const { limit } = parseRequest(limitSchema, request.query)
    const runs = runsOf(state, name)
    if (runs.length === 0 && !state.jobs.has(name)) throw notFound(name)
    response.json({ runs: runs.slice(0, limit).map((run) => runView(state, run)), total: runs.length })
  })
  router.get('/job/:name/next', (request, response) => {
    const { count } = parseRequest(countSchema, request.query)
    const { name } = request.params
    response.json({ next: found(name, nextRuns(state, name, count)) })
  })
  router.get('/run/:id', (request, response) => {
    const run = findRun(state, request.params.id)
    if (run === undefined) throw new HttpError(404, `there is no run ${request.params.id}, or it is no longer kept`)
    response.json(runView(state, run))
  })
  router.get('/queue', (_request, response) => void response.json(queueView(state)))
  router.get('/stats/:percentile', (request, response) => {
    response.json(allStatistics(state, request.params.percentile))
  })
  router.get('/graph/dot', (_request, response) => void response.type('text/plain').send(graphDot(state)))
  router.get('/graph/csv', (request, response) => {
    response.type('text/plain').send(graphCsv(state, dialectOf(request)))
  })
  router.get('/leader', (_request, response) => void response.json({ leader: leader() }))
}

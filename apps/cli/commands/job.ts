/** `thermo job …`: jobs, through Chronos' API. */
import type { Command } from 'commander'
import { z } from 'zod'
import { table } from '../output.ts'
import { readJsonFile } from './app.ts'
import { contextOf } from './globals.ts'
import type { Context } from './globals.ts'

const chronos = '/service/chronos/v1/scheduler'

const jobSchema = z.looseObject({
  name: z.string(),
  schedule: z.string().optional(),
  parents: z.array(z.string()).default([]),
  disabled: z.boolean().default(false),
  successCount: z.number().default(0),
  errorCount: z.number().default(0),
  lastSuccess: z.string().default(''),
  lastError: z.string().default(''),
})
type Job = z.infer<typeof jobSchema>

const jobRow = (job: Job): (string | number)[] => [
  job.name,
  job.disabled ? 'disabled' : 'enabled',
  job.schedule ?? `after ${job.parents.join(', ')}`,
  job.successCount,
  job.errorCount,
  [job.lastSuccess, job.lastError].sort().at(-1) || 'never',
]

const jobPath = (name: string): string => `${chronos}/job/${encodeURIComponent(name)}`

async function addJob(file: string, { api, print }: Context): Promise<void> {
  const document = readJsonFile(file)
  const { name, parents } = z
    .looseObject({ parents: z.array(z.string()).optional() })
    .catch({})
    .parse(document)
  const isDependent = parents !== undefined && parents.length > 0
  const answer = await api.send(`${chronos}/${isDependent ? 'dependency' : 'iso8601'}`, {
    method: 'POST',
    body: document,
  })
  print(answer, () => `Job ${String(name)} is stored.`)
}

export function addJobCommands(program: Command): void {
  const job = program.command('job').description('jobs (Chronos)')
  job
    .command('list')
    .description('all jobs with their schedule and results')
    .action(async (_options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const jobs = await api.get(`${chronos}/jobs`, z.array(jobSchema))
      const header = ['NAME', 'STATE', 'SCHEDULE', 'OK', 'FAILED', 'LAST']
      print(jobs, () => (jobs.length === 0 ? 'No jobs.' : table(header, jobs.map(jobRow))))
    })
  job
    .command('add <file>')
    .description('create or replace the job in a JSON file (- for standard input)')
    .action((file: string, _options: unknown, command: Command) => addJob(file, contextOf(command)))
  job
    .command('show <name>')
    .description('one job, as JSON')
    .action(async (name: string, _options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const found = await api.get(jobPath(name), jobSchema)
      print(found, () => JSON.stringify(found, null, 2))
    })
  job
    .command('runs <name>')
    .description('history of runs, newest first, as JSON')
    .action(async (name: string, _options: unknown, command: Command) => {
      const { api, print } = contextOf(command)
      const history = await api.get(`${jobPath(name)}/runs`, z.looseObject({ runs: z.array(z.looseObject({})) }))
      print(history.runs, () => JSON.stringify(history.runs, null, 2))
    })
  const actions = [
    { name: 'run', what: 'run it now', method: 'PUT', path: jobPath, said: 'starts' },
    { name: 'remove', what: 'forget a job', method: 'DELETE', path: jobPath, said: 'is removed' },
    {
      name: 'kill',
      what: 'end its running tasks',
      method: 'DELETE',
      path: (name: string) => `${chronos}/task/kill/${encodeURIComponent(name)}`,
      said: 'is being ended',
    },
  ] as const
  for (const { name, what, method, path, said } of actions) {
    job
      .command(`${name} <name>`)
      .description(what)
      .action(async (target: string, _options: unknown, command: Command) => {
        const { api, print } = contextOf(command)
        print(await api.send(path(target), { method }), () => `Job ${target} ${said}.`)
      })
  }
}

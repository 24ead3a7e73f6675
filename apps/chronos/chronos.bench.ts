/**
 * 10,000 jobs due at one moment, a real store on disk, and a master on a socket whose tasks end at once:
 * `node apps/chronos/chronos.bench.ts [jobs]`. Figures, no assertions.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeMaster } from './test-kit/fake-master.ts'
import { startServer } from './test-kit/server.ts'

const jobCount = Number(process.argv[2] ?? 10_000)
const concurrentPosts = 100

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** The longest that the event loop was kept busy, since the last call. */
function watchLoop(): { readonly worst: () => number; readonly stop: () => void } {
  let last = performance.now()
  let worstMs = 0
  const timer = setInterval(() => {
    const now = performance.now()
    worstMs = Math.max(worstMs, now - last - 5)
    last = now
  }, 5)
  const worst = (): number => {
    const value = worstMs
    worstMs = 0
    return value
  }
  return { worst, stop: () => clearInterval(timer) }
}

const dir = await mkdtemp(join(tmpdir(), 'chronos-bench-'))
const master = new FakeMaster({ outcome: () => ['TASK_RUNNING', 'TASK_FINISHED'], cpus: 100_000 })
const server = await startServer({ master: await master.listen(), store: `sqlite:${dir}/chronos.db` })
const { state } = server.chronos
const loop = watchLoop()

const postedAt = performance.now()
// Far enough that every job is there before the moment comes.
const dueAt = Math.ceil((Date.now() + 2_000 + jobCount * 3) / 1000) * 1000
const schedule = `R/${new Date(dueAt).toISOString()}/P1D`
for (let first = 0; first < jobCount; first += concurrentPosts) {
  const numbers = Array.from({ length: Math.min(concurrentPosts, jobCount - first) }, (_, i) => first + i)
  await Promise.all(
    numbers.map((number) =>
      fetch(`${server.url}/scheduler/iso8601`, {
        method: 'POST',
        body: JSON.stringify({ name: `job-${number}`, command: 'true', schedule, cpus: 0.001, mem: 1, disk: 1 }),
      }),
    ),
  )
}
const postMs = performance.now() - postedAt
process.stdout.write(
  `${jobCount} jobs posted in ${seconds(postMs)} (${((postMs * 1000) / jobCount).toFixed(0)} us a job)\n`,
)

const readAt = performance.now()
const summary = await (await fetch(`${server.url}/v1/scheduler/jobs/summary`)).text()
process.stdout.write(`summary of ${summary.length} bytes in ${(performance.now() - readAt).toFixed(0)} ms\n`)

if (Date.now() > dueAt)
  process.stdout.write('the moment came before all jobs were there; the figures below are of less\n')
await sleep(Math.max(0, dueAt - Date.now() - 100))
loop.worst()
while (state.runs.active.size === 0 && state.runs.ended.size === 0) await sleep(1)
const progress = { launched: 0 }
while (state.runs.ended.size < jobCount) {
  await sleep(20)
  if (progress.launched === 0 && master.launches.length >= jobCount) progress.launched = Date.now() - dueAt
}
const runs = [...state.runs.ended.values()]
const lateness = runs.map((run) => run.queuedAt - dueAt).sort((a, b) => a - b)
process.stdout.write(
  `${jobCount} due at once: queued within ${lateness.at(-1)} ms (median ${lateness[jobCount >> 1]} ms), ` +
    `launched within ${seconds(progress.launched)}, all ended and stored within ${seconds(Date.now() - dueAt)}, ` +
    `${master.calls.length} calls, the event loop was busy for at most ${loop.worst().toFixed(0)} ms, ` +
    `${(process.memoryUsage().rss / 1024 / 1024).toFixed(0)} MiB resident with the master\n`,
)

loop.stop()
await server.close()
await master.close()
await rm(dir, { recursive: true })

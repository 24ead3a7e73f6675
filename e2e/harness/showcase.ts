/** A cluster in the middle of its day: services in every state, jobs before and after their runs. */
import { eventually } from '@thermosphere/test-kit'
import { readFileSync } from 'node:fs'
import type { Cluster } from './cluster.ts'
import { root } from './cluster.ts'
import { getApp, running, settled } from './marathon.ts'
import type { Things } from './pages.ts'

const small = { cpus: 0.25, mem: 96 }
const idle = 'while true; do echo "$(date +%T) served a request in $((RANDOM % 90)) ms"; sleep 1; done'
const services = [
  { id: '/shop/cart', cmd: idle, instances: 3, ...small, labels: { team: 'shop' } },
  { id: '/shop/catalogue', cmd: idle, instances: 4, cpus: 0.4, mem: 256 },
  { id: '/shop/payments', cmd: idle, instances: 2, cpus: 0.5, mem: 384 },
  { id: '/search/index', cmd: idle, instances: 2, cpus: 0.8, mem: 512 },
  { id: '/mail/outbox', cmd: idle, instances: 1, ...small },
]
const troubled = [
  {
    id: '/reports/builder',
    cmd: 'sleep 1; echo "no such table: invoices" >&2; exit 3',
    instances: 1,
    ...small,
    backoffSeconds: 120,
  },
  { id: '/ml/training', cmd: idle, instances: 1, cpus: 12, mem: 2048 },
  { id: '/legacy/importer', cmd: idle, instances: 0, ...small },
]
const jobs = [
  { name: 'nightly-report', command: 'echo report', schedule: '0 4 * * *', scheduleTimeZone: 'Europe/Berlin' },
  { name: 'heartbeat', command: 'date; echo "alive on $HOST"', schedule: 'R//PT10S' },
  { name: 'sync-stock', command: 'echo "no route to the warehouse" >&2; exit 1', schedule: 'R//PT20S', retries: 0 },
  { name: 'rebuild-index', command: 'echo begun; sleep 1000', schedule: 'R//PT6H' },
]
const dependent = [
  { name: 'mail-report', command: 'echo mailed', parents: ['heartbeat'] },
  { name: 'archive-report', command: 'echo archived', parents: ['mail-report'] },
]

const example = (name: string): object => JSON.parse(readFileSync(`${root}examples/${name}`, 'utf8')) as object
const post = (cluster: Cluster, part: 'marathon' | 'chronos', path: string, body: object) =>
  cluster.send(part, path, { method: 'POST', body })

/** Deploys everything and ends in the middle of an update of `/shop/catalogue`. */
export async function fill(cluster: Cluster): Promise<Things> {
  await post(cluster, 'marathon', '/v2/apps', example('web.json'))
  for (const app of [...services, ...troubled]) await post(cluster, 'marathon', '/v2/apps', app)
  const common = { cpus: 0.1, mem: 32, owner: 'ops@example.org' }
  for (const job of jobs) await post(cluster, 'chronos', '/v1/scheduler/iso8601', { ...common, ...job })
  for (const job of dependent) await post(cluster, 'chronos', '/v1/scheduler/dependency', { ...common, ...job })
  for (const { id, instances } of services) await settled(cluster, id, instances)
  await eventually('the failing service has failed', async () => {
    const app = (await getApp(cluster, '/reports/builder')) as { lastTaskFailure?: object | null }
    return Boolean(app.lastTaskFailure)
  })
  await eventually('the last job of the chain has run', async () => {
    const { runs } = await cluster.json<{ runs: { state: string }[] }>(
      'chronos',
      '/v1/scheduler/job/archive-report/runs',
    )
    return runs.some(({ state }) => /succeeded/i.test(state))
  })
  return thingsOf(cluster)
}

/** Starts an update that takes its time: old and new instances stand side by side. */
export async function startUpdate(cluster: Cluster): Promise<void> {
  const check = {
    protocol: 'COMMAND',
    command: { value: 'test -f ready' },
    gracePeriodSeconds: 300,
    intervalSeconds: 1,
  }
  const body = { cmd: `sleep 300; touch ready; ${idle}`, healthChecks: [check] }
  await cluster.send('marathon', '/v2/apps/shop/catalogue', { method: 'PUT', body })
  await eventually('new instances run', async () => running(await getApp(cluster, '/shop/catalogue')).length > 5)
}

async function thingsOf(cluster: Cluster): Promise<Things> {
  const { frameworkId } = await cluster.json<{ frameworkId: string }>('marathon', '/v2/info')
  const [task] = (await getApp(cluster, '/shop/cart')).tasks
  const place = { task: { frameworkId, id: task?.id ?? '' }, agentId: task?.slaveId ?? '' }
  return { service: '/shop/cart', group: '/shop', job: 'heartbeat', ...place }
}

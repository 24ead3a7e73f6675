/** Groups, deployments that go back, and placement rules, on three agents. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import { EventLog } from './harness/event-log.ts'
import type { MarathonEvent } from './harness/event-log.ts'
import { example } from './harness/examples.ts'
import { deployments, getApp, running, settled, whyWaiting } from './harness/marathon.ts'
import type { App } from './harness/marathon.ts'
import { processesWith } from './harness/processes.ts'

let cluster: Cluster
let log: EventLog

before(async () => {
  cluster = await startCluster({ agents: 3, flags: ['--without', 'chronos', 'gateway'] })
})
after(async () => {
  await cluster.remove()
})
afterEach(() => log?.close())

const shop = ['/shop/db', '/shop/cart', '/shop/front'] as const

const send = <T = { deploymentId: string }>(method: string, path: string, body?: unknown): Promise<T> =>
  cluster.send<T>('marathon', `/v2${path}`, { method, ...(body !== undefined && { body }) })

const shopRuns = (...instances: readonly number[]): Promise<App[]> =>
  Promise.all(shop.map((id, index) => settled(cluster, id, instances[index] ?? 0)))

const deployed = (id: string): Promise<unknown> =>
  eventually(`deployment ${id} has ended`, async () => !(await deployments(cluster)).includes(id), 60_000)

const taskIds = (app: App): string[] => app.tasks.map(({ id }) => id).sort()

const isRunning = (app: string) => (event: MarathonEvent) =>
  event.eventType === 'status_update_event' && event.appId === app && event.taskStatus === 'TASK_RUNNING'
const isOf = (app: string) => (event: MarathonEvent) => event.eventType === 'status_update_event' && event.appId === app

/** Of this cluster: others run beside it. */
const sleepers = (start: string) => processesWith(cluster.workDir).filter(({ command }) => command.startsWith(start))

test('[marathon] a group starts in the order of its dependencies, and the event stream tells it in order', async () => {
  log = await EventLog.open(cluster)
  const { deploymentId } = await send('POST', '/groups', example('shop-group.json'))
  await shopRuns(1, 2, 2)
  await eventually('the success is told', () => log.of('deployment_success').length === 1)

  for (const [earlier, later] of [shop.slice(0, 2), shop.slice(1, 3)]) {
    assert.ok(earlier !== undefined && later !== undefined)
    const instances = earlier === '/shop/db' ? 1 : 2
    const allRun = log.events.filter(isRunning(earlier)).at(instances - 1)
    const firstOfNext = log.indexOf(`a task of ${later}`, isOf(later))
    assert.ok(allRun !== undefined && log.events.indexOf(allRun) < firstOfNext, `${later} did not wait for ${earlier}`)
  }
  const steps = log.of('deployment_info').map(({ currentStep }) => currentStep?.actions.map(({ app }) => app).sort())
  assert.deepEqual(steps.slice(-3), [['/shop/db'], ['/shop/cart'], ['/shop/front']])
  assert.ok(log.of('deployment_step_success').length >= 3)
  const success = log.indexOf('deployment_success', ({ eventType }) => eventType === 'deployment_success')
  assert.equal(log.events[success]?.id, deploymentId)
  assert.ok(log.events.findLastIndex(({ eventType }) => eventType === 'deployment_step_success') < success)
  assert.ok(log.events.findLastIndex(isRunning('/shop/front')) < success)
  for (const task of log.events.filter(isRunning('/shop/db'))) {
    const told = log.indexOf('its instance', (event) => event.instanceId !== undefined && event.condition === 'Running')
    assert.ok(log.events.indexOf(task) < told, 'the instance was told before the status of its task')
  }
})

test('[marathon] scaling a group scales each of its apps', async () => {
  const { deploymentId } = await send('PUT', '/groups/shop', { scaleBy: 2 })
  await deployed(deploymentId)
  await shopRuns(2, 4, 4)
  await deployed((await send('PUT', '/groups/shop', { scaleBy: 0.5 })).deploymentId)
  await shopRuns(1, 2, 2)
})

test('[marathon] updating a group replaces the tasks of what changed and of nothing else', async () => {
  const before = await shopRuns(1, 2, 2)
  const document = example('shop-group.json') as { apps: { id: string; cmd: string }[] }
  const apps = document.apps.map((app) => (app.id === 'cart' ? { ...app, cmd: 'sleep 100001' } : app))
  await deployed((await send('PUT', '/groups/shop', { ...document, apps })).deploymentId)
  const after = await shopRuns(1, 2, 2)
  const kept = after.map(
    (app, index) => before[index] !== undefined && taskIds(app).join() === taskIds(before[index]).join(),
  )
  assert.deepEqual(kept, [true, false, true])
  assert.equal(sleepers('sleep 100001').length, 2)
})

test('[marathon] a group deployment that cannot end is rolled back by DELETE, and cancelled by force', async () => {
  const before = await shopRuns(1, 2, 2)
  const apps = (example('shop-group.json') as { apps: { id: string }[] }).apps.map((app) =>
    app.id === 'cart' ? { ...app, cmd: 'sleep 5', cpus: 1000 } : app,
  )
  const stuck = await send('PUT', '/groups/shop', { id: '/shop', apps })
  await eventually('it waits for resources', async () =>
    (await whyWaiting(cluster, '/shop/cart')).includes('InsufficientCpus'),
  )
  await assert.rejects(send('PUT', '/apps/shop/cart', { instances: 3 }), /409 .*locked by one or more deployments/)
  log = await EventLog.open(cluster)
  const rollback = await send('DELETE', `/deployments/${stuck.deploymentId}`)
  assert.notEqual(rollback.deploymentId, stuck.deploymentId)
  await deployed(rollback.deploymentId)
  const [db, cart, front] = await shopRuns(1, 2, 2)
  assert.equal(cart?.cmd, 'sleep 100001')
  assert.deepEqual(
    [db, front].map((app) => app && taskIds(app)),
    [before[0], before[2]].map((app) => app && taskIds(app)),
  )
  await eventually('both ends are told', () => log.of('deployment_success').length === 1)
  assert.deepEqual(
    log.of('deployment_failed').map(({ id }) => id),
    [stuck.deploymentId],
  )

  const again = await send('PUT', '/groups/shop', { id: '/shop', apps })
  await eventually('it waits again', async () => (await whyWaiting(cluster, '/shop/cart')).includes('InsufficientCpus'))
  await send('DELETE', `/deployments/${again.deploymentId}?force=true`)
  await deployed(again.deploymentId)
  assert.equal((await getApp(cluster, '/shop/cart')).cmd, 'sleep 5')
  assert.deepEqual(await deployments(cluster), [])
})

test('[marathon] deleting a group ends every task of it', async () => {
  const { deploymentId } = await send('DELETE', '/groups/shop')
  await deployed(deploymentId)
  await assert.rejects(send('GET', '/groups/shop'), /404/)
  assert.deepEqual(await cluster.json('marathon', '/v2/apps'), { apps: [] })
  await eventually('its processes are gone', () => sleepers('sleep 10000').length === 0)
})

test('[marathon] UNIQUE hostnames: the app of the examples has a node for each instance, and a fourth waits', async () => {
  await send('POST', '/apps', example('spread.json'))
  const app = await settled(cluster, '/spread', 3)
  assert.deepEqual(app.tasks.map(({ host }) => host).sort(), ['127.0.0.1', '127.0.0.2', '127.0.0.3'])
  const fourth = await send('PUT', '/apps/spread', { instances: 4 })
  await eventually('it says why', async () => (await whyWaiting(cluster, '/spread')).includes('UnfulfilledConstraint'))
  assert.equal(running(await getApp(cluster, '/spread')).length, 3)
  await send('DELETE', `/deployments/${fourth.deploymentId}`)
  await settled(cluster, '/spread', 3)
  await deployed((await send('DELETE', '/apps/spread')).deploymentId)
})

test('[marathon] requirePorts: one instance gets the port, the next waits and says so', async () => {
  const body = {
    id: '/fixed-port',
    cmd: 'sleep 100002',
    cpus: 0.1,
    mem: 32,
    requirePorts: true,
    portDefinitions: [{ port: 31_700, protocol: 'tcp' }],
  }
  await send('POST', '/apps', body)
  const app = await settled(cluster, '/fixed-port', 1)
  assert.deepEqual([app.tasks[0]?.ports, app.tasks[0]?.host], [[31_700], '127.0.0.1'])
  await send('PUT', '/apps/fixed-port', { instances: 2 })
  await eventually('it says why', async () => (await whyWaiting(cluster, '/fixed-port')).includes('InsufficientPorts'))
  await send('DELETE', '/apps/fixed-port?force=true')
  await eventually('it is gone', async () => (await deployments(cluster)).length === 0)
})

test('[marathon] an update that never becomes healthy stays within its capacity and goes back by DELETE', async () => {
  const body = {
    id: '/steady',
    cmd: 'touch fine; sleep 100003',
    cpus: 0.1,
    mem: 32,
    instances: 4,
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.5 },
    backoffSeconds: 0.2,
    maxLaunchDelaySeconds: 1,
    healthChecks: [
      {
        protocol: 'COMMAND',
        command: { value: 'test -e fine' },
        delaySeconds: 0,
        gracePeriodSeconds: 1,
        intervalSeconds: 1,
        timeoutSeconds: 5,
        maxConsecutiveFailures: 1,
      },
    ],
  }
  await send('POST', '/apps', body)
  const before = await settled(cluster, '/steady', 4)
  await eventually('all are healthy', async () => (await getApp(cluster, '/steady')).tasksHealthy === 4)
  const update = await send('PUT', '/apps/steady', { ...body, cmd: 'rm -f fine; sleep 100004' })
  const seen = new Set<string>()
  const bounds = { healthyMin: 4, activeMax: 0 }
  await eventually('several new tasks came and went', async () => {
    const app = await getApp(cluster, '/steady')
    bounds.healthyMin = Math.min(bounds.healthyMin, app.tasksHealthy)
    bounds.activeMax = Math.max(bounds.activeMax, app.tasks.length)
    for (const task of app.tasks) if (task.version !== before.version) seen.add(task.id)
    return seen.size > 6
  })
  assert.ok(bounds.healthyMin >= 2, `only ${bounds.healthyMin} instances were healthy`)
  assert.ok(bounds.activeMax <= 6, `${bounds.activeMax} instances were active`)
  assert.deepEqual(await deployments(cluster), [update.deploymentId])
  const rollback = await send('DELETE', `/deployments/${update.deploymentId}`)
  await deployed(rollback.deploymentId)
  const after = await settled(cluster, '/steady', 4)
  assert.equal(after.cmd, body.cmd)
  await eventually('all are healthy again', async () => (await getApp(cluster, '/steady')).tasksHealthy === 4)
})

test('Ctrl-C leaves no process', async () => {
  assert.equal(await cluster.stop(), 0)
  assert.deepEqual(cluster.leftovers(), [])
})

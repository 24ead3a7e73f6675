import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeCluster } from '../test-kit/fake-cluster.ts'
import { deploymentDetail, deploymentsView, queueView } from '../view/index.ts'

const body = { id: '/web', cmd: 'sleep 1', cpus: 0.1, mem: 32 }

function idle(config = {}): FakeCluster {
  const cluster = new FakeCluster({ config })
  cluster.subscribe()
  cluster.create({ ...body, instances: 2 })
  cluster.settle()
  return cluster
}

describe('deployments', () => {
  test('[marathon 30] a second change of a locked app names the deployment that locks it', () => {
    const cluster = idle()
    cluster.update('/web', { cmd: 'sleep 2' })
    const response = cluster.update('/web', { cmd: 'sleep 3' })
    assert.equal(response.status, 409)
    const { message, deployments } = response.body as { message: string; deployments: { id: string }[] }
    assert.match(message, /\?force=true'\. View details at '\/v2\/deployments\/<DEPLOYMENT_ID>'\.$/)
    assert.deepEqual(
      deployments.map(({ id }) => id),
      [...cluster.state.deployments.keys()],
    )
  })

  test('[marathon 31] force cancels the deployment in the way', () => {
    const cluster = idle()
    cluster.update('/web', { cmd: 'sleep 2' })
    const [first] = cluster.state.deployments.keys()
    assert.equal(cluster.update('/web', { cmd: 'sleep 3' }, { force: true }).status, 200)
    assert.ok(!cluster.state.deployments.has(first ?? ''))
    const failed = cluster.events.find(({ eventType }) => eventType === 'deployment_failed')
    assert.equal(failed?.data['id'], first)
    cluster.settle(40)
    const commands = cluster.running().map((id) => cluster.tasks.get(id)?.info.command?.value)
    assert.deepEqual(commands, ['sleep 3', 'sleep 3'])
  })

  test('[marathon 62] a running deployment shows its steps', () => {
    const cluster = idle()
    cluster.update('/web', { cmd: 'sleep 2' })
    const [view] = deploymentsView(cluster.state)
    assert.deepEqual(view?.steps, [{ actions: [{ action: 'RestartApplication', app: '/web' }] }])
    assert.deepEqual([view?.currentStep, view?.totalSteps, view?.affectedApps], [1, 1, ['/web']])
  })

  test('[marathon 63] deleting a deployment rolls back what it changed', () => {
    const cluster = idle()
    cluster.update('/web', { cmd: 'sleep 2', instances: 3 })
    const [id = ''] = cluster.state.deployments.keys()
    const response = cluster.command({ type: 'delete-deployment', id, force: false })
    assert.equal(response.status, 200)
    assert.notEqual((response.body as { deploymentId: string }).deploymentId, id)
    cluster.settle(40)
    const commands = cluster.running().map((task) => cluster.tasks.get(task)?.info.command?.value)
    assert.deepEqual(commands, ['sleep 1', 'sleep 1'])
  })

  test('rolling back a creation removes the app and its group', () => {
    const cluster = new FakeCluster()
    cluster.create({ ...body, id: '/new/web' })
    const [id = ''] = cluster.state.deployments.keys()
    cluster.command({ type: 'delete-deployment', id, force: false })
    assert.equal(cluster.state.root.apps.size, 0)
    assert.deepEqual([...cluster.state.root.groups.keys()], ['/'])
  })

  test('[marathon 64] a cancelled deployment leaves things as they are', () => {
    const cluster = new FakeCluster()
    cluster.subscribe()
    cluster.create({ ...body, cpus: 1000 })
    const [id = ''] = cluster.state.deployments.keys()
    assert.deepEqual(cluster.command({ type: 'delete-deployment', id, force: true }), { status: 202 })
    assert.equal(cluster.state.deployments.size, 0)
    assert.equal(cluster.state.root.apps.size, 1)
    assert.equal(cluster.command({ type: 'delete-deployment', id, force: true }).status, 404)
  })

  test('[marathon 74] more than the maximum of deployments are refused', () => {
    const cluster = new FakeCluster({ config: { deploymentsMax: 1 } })
    cluster.create(body)
    const response = cluster.create({ ...body, id: '/other' })
    assert.equal(response.status, 403)
    assert.match(JSON.stringify(response.body), /Max number \(1\) of running deployments/)
  })

  test('[marathon 14] an app goes back to a version', () => {
    const cluster = idle()
    const first = cluster.state.root.apps.get('/web')?.version
    cluster.update('/web', { cmd: 'sleep 2' })
    cluster.settle(40)
    assert.equal(cluster.update('/web', { version: first, instances: 1 }).status, 422)
    assert.equal(cluster.update('/web', { version: 'x' }).status, 422)
    assert.equal(cluster.update('/web', { version: '2001-01-01T00:00:00.000Z' }).status, 404)
    assert.equal(cluster.update('/web', { version: first }).status, 200)
    assert.equal(cluster.state.root.apps.get('/web')?.cmd, 'sleep 1')
  })

  test('[marathon 16] a restart replaces every task with the same configuration', () => {
    const cluster = idle()
    const before = cluster.running()
    cluster.command({ type: 'restart-app', id: '/web', force: false })
    cluster.settle(40)
    assert.equal(cluster.running().length, 2)
    assert.ok(cluster.running().every((id) => !before.includes(id)))
    const info = cluster.state.root.apps.get('/web')?.versionInfo
    assert.ok((info?.lastConfigChangeAt ?? '') > (info?.lastScalingAt ?? ''))
  })

  test('scaling changes lastScalingAt alone', () => {
    const cluster = idle()
    const before = cluster.state.root.apps.get('/web')?.versionInfo
    cluster.update('/web', { instances: 3 })
    const after = cluster.state.root.apps.get('/web')?.versionInfo
    assert.equal(after?.lastConfigChangeAt, before?.lastConfigChangeAt)
    assert.ok((after?.lastScalingAt ?? '') > (before?.lastScalingAt ?? ''))
  })

  test('[marathon 10] a full update takes defaults for what it does not say', () => {
    const cluster = idle()
    cluster.update('/web', { env: { A: '1' } })
    cluster.settle(40)
    cluster.update('/web', { cmd: 'sleep 9' }, { partial: false })
    const app = cluster.state.root.apps.get('/web')
    assert.deepEqual([app?.env, app?.instances, app?.cmd, app?.cpus], [{}, 1, 'sleep 9', 1])
  })

  test('[marathon 13] many apps change in one deployment or not at all', () => {
    const cluster = idle()
    const audit = { clientIp: '', uri: '' }
    const many = (updates: unknown[]) =>
      cluster.command({
        type: 'update-apps',
        base: '/',
        body: updates,
        force: false,
        partial: true,
        mayCreate: true,
        audit,
      })
    assert.equal(many([{ id: 'web', instances: 3 }, { id: 'b' }]).status, 422)
    assert.equal(cluster.state.root.apps.get('/web')?.instances, 2)
    assert.equal(
      many([
        { id: 'web', instances: 3 },
        { ...body, id: 'b' },
      ]).status,
      200,
    )
    assert.equal(cluster.state.deployments.size, 1)
  })

  test('[marathon 72][marathon 73] a deployment waits for readiness and shows the answers', () => {
    const cluster = new FakeCluster()
    cluster.subscribe()
    const readinessChecks = [{ portName: 'api', intervalSeconds: 5, timeoutSeconds: 1, preserveLastResponse: true }]
    cluster.create({ ...body, portDefinitions: [{ name: 'api' }], readinessChecks })
    cluster.settle(5)
    const probe = cluster.probes[0]!
    assert.deepEqual(
      [probe.probe.protocol, probe.probe.path, probe.probe.host],
      ['HTTP', '/', 'host-1'].slice(0, 2).concat(probe.probe.host),
    )
    const answer = (status: number) =>
      cluster.submit({
        type: 'probe-result',
        key: probe.key,
        taskId: probe.taskId,
        outcome: { kind: 'http', status, contentType: 'text/plain', body: 'x' },
      })
    answer(503)
    assert.equal(cluster.state.deployments.size, 1)
    const [action] = deploymentsView(cluster.state)[0]?.currentActions ?? []
    assert.equal(action?.readinessCheckResults[0]?.lastResponse?.status, 503)
    answer(200)
    assert.equal(cluster.state.deployments.size, 0)
  })
})

describe('what a deployment waits for', () => {
  const waiting = (cluster: FakeCluster) => {
    const [deployment] = cluster.state.deployments.values()
    const found = deployment && deploymentDetail(cluster.state, deployment, cluster.now).waitingFor
    return (found ?? []).map(({ reason, message }) => `${reason}: ${message}`)
  }

  test('is told for offers, starting tasks, health and old instances', () => {
    const cluster = new FakeCluster()
    cluster.isPrompt = false
    cluster.subscribe()
    const healthChecks = [{ protocol: 'COMMAND', command: { value: 'true' } }]
    const upgradeStrategy = { minimumHealthCapacity: 1, maximumOverCapacity: 0 }
    cluster.create({ ...body, healthChecks, upgradeStrategy })
    assert.deepEqual(waiting(cluster), ['OFFERS: no offer has come yet'])
    cluster.offerAll()
    assert.deepEqual(waiting(cluster), ['TASK_START: tasks that were launched and do not run yet'])
    const [task = ''] = cluster.tasks.keys()
    cluster.tell(task, 'TASK_RUNNING')
    assert.deepEqual(waiting(cluster), ['HEALTH_CHECK: tasks that run and are not healthy'])
    cluster.tell(task, 'TASK_RUNNING', { healthy: true })
    assert.deepEqual(waiting(cluster), [])
    cluster.update('/web', { cpus: 1000 })
    cluster.offerAll()
    assert.deepEqual(waiting(cluster), [
      'OFFERS: none of the last 3 offers fitted: InsufficientCpus, needed cpus:1000, offered cpus:15.9',
      'OLD_INSTANCES: instances of an older configuration still run',
    ])
  })
})

describe('the queue', () => {
  test('[marathon 78][marathon 80] says why an app does not run', () => {
    const cluster = new FakeCluster()
    cluster.subscribe()
    cluster.create({ ...body, cpus: 100, constraints: [['hostname', 'LIKE', 'host-[12]']] })
    cluster.settle(1)
    const { queue } = queueView(cluster.state, { now: cluster.now, withOffers: true })
    const [item] = queue
    assert.deepEqual(item?.delay, { timeLeftSeconds: 0, overdue: true })
    const funnel = item?.processedOffersSummary.rejectSummaryLastOffers.filter(({ declined }) => declined > 0)
    assert.deepEqual(funnel, [
      { reason: 'UnfulfilledConstraint', declined: 1, processed: 3 },
      { reason: 'InsufficientCpus', declined: 2, processed: 2 },
    ])
    assert.equal(item?.lastUnusedOffers?.length, 3)
  })

  test('[marathon 87] UNIQUE and MAX_PER keep instances apart', () => {
    const cluster = new FakeCluster()
    cluster.subscribe()
    cluster.create({ ...body, instances: 4, constraints: [['hostname', 'UNIQUE']] })
    cluster.create({ ...body, id: '/max', instances: 9, constraints: [['hostname', 'MAX_PER', '2']] })
    cluster.settle()
    assert.equal(cluster.running('/web').length, 3)
    assert.equal(cluster.running('/max').length, 6)
  })
})

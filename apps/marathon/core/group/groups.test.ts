import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeCluster } from '../test-kit/fake-cluster.ts'

const app = (id: string, extra: Record<string, unknown> = {}) => ({ id, cmd: 'sleep 1', cpus: 0.1, mem: 32, ...extra })

function withGroup(body: unknown): FakeCluster {
  const cluster = new FakeCluster()
  cluster.subscribe()
  const response = cluster.command({ type: 'create-group', id: '/', body, force: false })
  assert.equal(response.status, 201, JSON.stringify(response.body))
  return cluster
}

const put = (cluster: FakeCluster, id: string, body: unknown) =>
  cluster.command({ type: 'update-group', id, body, force: true, dryRun: false })

const ids = (cluster: FakeCluster): string[] => [...cluster.state.root.apps.keys()].sort()

describe('groups', () => {
  test('[marathon 37] nested groups and apps are created in one deployment', () => {
    const cluster = withGroup({
      id: '/prod',
      apps: [app('web')],
      groups: [{ id: 'db', apps: [app('/prod/db/pg'), app('redis')] }],
    })
    assert.deepEqual(ids(cluster), ['/prod/db/pg', '/prod/db/redis', '/prod/web'])
    cluster.settle()
    assert.equal(cluster.running().length, 3)
    const again = cluster.command({ type: 'create-group', id: '/', body: { id: 'prod' }, force: false })
    assert.equal(again.status, 409)
  })

  test('[marathon 39] lists replace, absent lists keep', () => {
    const cluster = withGroup({
      id: '/prod',
      apps: [app('web'), app('api')],
      groups: [{ id: 'db', apps: [app('pg')] }],
    })
    put(cluster, '/prod', { apps: [app('web')] })
    assert.deepEqual(ids(cluster), ['/prod/db/pg', '/prod/web'])
    put(cluster, '/prod', { groups: [] })
    assert.deepEqual(ids(cluster), ['/prod/web'])
  })

  test('[marathon 40] a deleted group takes all that is in it, the root stays', () => {
    const cluster = withGroup({ id: '/prod', apps: [app('web')], groups: [{ id: 'db', apps: [app('pg')] }] })
    cluster.settle()
    assert.equal(cluster.command({ type: 'delete-group', id: '/', force: true }).status, 200)
    cluster.settle()
    assert.equal(cluster.running().length, 0)
    assert.deepEqual([...cluster.state.root.groups.keys()], ['/'])
    assert.equal(cluster.command({ type: 'delete-group', id: '/prod', force: true }).status, 404)
  })

  test('[marathon 41] scaleBy multiplies and rounds up', () => {
    const cluster = withGroup({ id: '/prod', apps: [app('web', { instances: 3 })] })
    put(cluster, '/prod', { scaleBy: 1.5 })
    assert.equal(cluster.state.root.apps.get('/prod/web')?.instances, 5)
    assert.equal(put(cluster, '/prod', { scaleBy: -1 }).status, 422)
    assert.equal(put(cluster, '/prod', { scaleBy: 2, apps: [] }).status, 422)
  })

  test('[marathon 42] a group goes back to a version', () => {
    const cluster = withGroup({ id: '/prod', apps: [app('web')] })
    const { version } = cluster.state.root
    cluster.advance(1000)
    put(cluster, '/prod', { apps: [app('api')] })
    assert.deepEqual(ids(cluster), ['/prod/api'])
    assert.equal(put(cluster, '/prod', { version }).status, 200)
    assert.deepEqual(ids(cluster), ['/prod/web'])
    assert.equal(put(cluster, '/prod', { version: '2001-01-01T00:00:00.000Z' }).status, 422)
  })

  test('[marathon 43] a dry run answers the steps and changes nothing', () => {
    const cluster = withGroup({ id: '/prod', apps: [app('web')] })
    const response = cluster.command({
      type: 'update-group',
      id: '/prod',
      body: { apps: [app('web'), app('api')] },
      force: false,
      dryRun: true,
    })
    assert.deepEqual(response.body, {
      steps: [
        { actions: [{ action: 'StartApplication', app: '/prod/api' }] },
        { actions: [{ action: 'ScaleApplication', app: '/prod/api' }] },
      ],
    })
    assert.deepEqual(ids(cluster), ['/prod/web'])
  })

  test('[marathon 45][marathon 47] dependents start after what they depend on is healthy', () => {
    const check = { protocol: 'COMMAND', command: { value: 'true' } }
    const cluster = withGroup({
      id: '/prod',
      groups: [
        { id: 'db', apps: [app('pg', { healthChecks: [check] })] },
        { id: 'front', dependencies: ['/prod/db'], apps: [app('web', { dependencies: ['../db'] })] },
      ],
    })
    cluster.settle()
    assert.deepEqual([cluster.running('/prod/db/pg').length, cluster.running('/prod/front/web').length], [1, 0])
    cluster.tell(cluster.running('/prod/db/pg')[0] ?? '', 'TASK_RUNNING', { healthy: true })
    cluster.settle()
    assert.equal(cluster.running('/prod/front/web').length, 1)
    assert.equal(cluster.state.deployments.size, 0)
  })

  test('[marathon 46] cycles are refused', () => {
    const cluster = new FakeCluster()
    const body = { id: '/g', apps: [app('a', { dependencies: ['b'] }), app('b', { dependencies: ['a'] })] }
    const response = cluster.command({ type: 'create-group', id: '/', body, force: false })
    assert.equal(response.status, 422)
    assert.match(JSON.stringify(response.body), /Dependency graph has cyclic dependencies\./)
  })

  test('groups and apps may not share an id', () => {
    const cluster = withGroup({ id: '/prod', apps: [app('web')] })
    const response = cluster.create(app('/prod'))
    assert.equal(response.status, 422)
    assert.match(JSON.stringify(response.body), /Groups and Applications may not have the same identifier\./)
    assert.match(JSON.stringify(cluster.create(app('/prod/web/x')).body), /same identifier/)
  })

  test('[marathon 48] enforceRole is for top-level groups and gives their apps its role', () => {
    const cluster = withGroup({ id: '/dev', enforceRole: true, apps: [app('web')] })
    assert.equal(cluster.state.root.apps.get('/dev/web')?.role, 'dev')
    const patch = (id: string) => cluster.command({ type: 'patch-group', id, body: { enforceRole: false } })
    assert.equal(patch('/dev').status, 200)
    assert.equal(cluster.state.root.groups.get('/dev')?.enforceRole, false)
    assert.equal(patch('/dev/x').status, 422)
    assert.equal(patch('/none').status, 404)
  })

  test('an id outside of its group is refused', () => {
    const cluster = new FakeCluster()
    const body = { id: '/prod', apps: [app('/other/web')] }
    const response = cluster.command({ type: 'create-group', id: '/', body, force: false })
    assert.match(JSON.stringify(response.body), /Identifier is not child of '\/prod'/)
  })

  test('problems of an app say where in the group it is', () => {
    const cluster = new FakeCluster()
    const bad = app('a', { cmd: 'x' })
    const body = { id: '/prod', groups: [{ id: 'db', apps: [app('b'), bad] }] }
    const response = cluster.command({ type: 'create-group', id: '/', body, force: false })
    assert.deepEqual(response.body, {
      message: 'Object is not valid',
      details: [{ path: '/groups(0)/apps(1)/cmd', errors: ['must not be an empty string'] }],
    })
  })
})

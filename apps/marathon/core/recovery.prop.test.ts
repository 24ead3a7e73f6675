import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from './messages.ts'
import { FakeCluster } from './test-kit/fake-cluster.ts'

const audit = { clientIp: '127.0.0.1', uri: '/v2/apps' }
const id = fc.constantFrom('/a', '/b', '/g/a', '/g/h/b')
const force = fc.boolean()
const body = fc.record(
  {
    cmd: fc.constantFrom('sleep 1', 'sleep 2', 'x'),
    instances: fc.integer({ min: 0, max: 4 }),
    cpus: fc.constantFrom(0.1, 1000),
    dependencies: fc.constantFrom([], ['/a'], ['/g'], ['/b']),
    upgradeStrategy: fc.constantFrom(
      { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
      { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
    ),
    env: fc.constantFrom({}, { A: '1' }),
  },
  { requiredKeys: [] },
)
const killOptions = fc.record({ scale: fc.boolean(), wipe: fc.constant(false), force })

const command: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({ id, body, force })
    .map((r): Command => ({ type: 'update-app', ...r, partial: true, mayCreate: true, audit })),
  fc
    .record({ id, body, force })
    .map((r): Command => ({ type: 'create-app', body: { ...r.body, id: r.id }, force: r.force, audit })),
  fc.record({ id, force }).map((r): Command => ({ type: 'delete-app', ...r })),
  fc.record({ id, force }).map((r): Command => ({ type: 'restart-app', ...r })),
  fc.record({ id, force }).map((r): Command => ({ type: 'delete-group', id: '/g', force: r.force })),
  fc.record({ force, scaleBy: fc.constantFrom(0, 0.5, 2) }).map((r): Command => ({
    type: 'update-group',
    id: '/g',
    body: { scaleBy: r.scaleBy },
    force: r.force,
    dryRun: false,
  })),
  fc
    .record({ appId: id, options: killOptions })
    .map((r): Command => ({ type: 'kill-app-tasks', ...r, host: undefined, taskId: undefined })),
)

const action = fc.oneof(
  { weight: 3, arbitrary: command.map((value) => ({ kind: 'command' as const, value })) },
  fc.constant({ kind: 'offer' as const }),
  fc.integer({ min: 1, max: 20_000 }).map((ms) => ({ kind: 'time' as const, ms })),
  fc
    .record({
      pick: fc.nat(50),
      state: fc.constantFrom(
        'TASK_RUNNING' as const,
        'TASK_FAILED' as const,
        'TASK_UNREACHABLE' as const,
        'TASK_KILLED' as const,
      ),
    })
    .map((r) => ({ kind: 'status' as const, ...r })),
  fc.constant({ kind: 'restart' as const }),
  fc.record({ pick: fc.nat(5), force }).map((r) => ({ kind: 'undo' as const, ...r })),
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

function act(cluster: FakeCluster, next: Action): void {
  switch (next.kind) {
    case 'command':
      cluster.command(next.value)
      return
    case 'offer':
      cluster.offerAll()
      return
    case 'time':
      cluster.advance(next.ms)
      return
    case 'status': {
      const ids = [...cluster.tasks.keys()]
      const task = ids[next.pick % Math.max(1, ids.length)]
      if (task !== undefined) cluster.tell(task, next.state)
      return
    }
    case 'undo': {
      const ids = [...cluster.state.deployments.keys()]
      const deployment = ids[next.pick % Math.max(1, ids.length)]
      if (deployment !== undefined) cluster.command({ type: 'delete-deployment', id: deployment, force: next.force })
      return
    }
    case 'restart':
      cluster.restart()
      cluster.subscribe()
  }
}

/** What must survive, in an order of its own. */
function durable(cluster: FakeCluster): unknown {
  const { state } = cluster
  const instances = [...state.instances.all()].sort((left, right) => (left.id < right.id ? -1 : 1))
  const deployments = [...state.deployments.values()].map(({ done: _done, affected: _affected, ...rest }) => rest)
  const versions = [...state.appVersions].map(([app, list]) => [app, list.map(({ version }) => version)])
  const parts = {
    root: { version: state.root.version, apps: [...state.root.apps.values()], groups: [...state.root.groups.values()] },
    versions: versions.sort(),
    instances,
    deployments: deployments.sort((left, right) => (left.id < right.id ? -1 : 1)),
    failures: [...state.failures.keys()].sort(),
  }
  return JSON.parse(JSON.stringify(parts))
}

const sortedById = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    Array.isArray(item) && item.every((one) => typeof one === 'object' && one !== null && 'id' in one)
      ? item.toSorted((left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1))
      : item,
  )

test('[marathon 123] whatever happened, the store holds the state, and in the end every app has what it wants', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const cluster = new FakeCluster()
      cluster.subscribe()
      for (const next of actions) act(cluster, next)
      const before = sortedById(durable(cluster))
      const copy = new FakeCluster()
      for (const [key, value] of cluster.store) copy.store.set(key, value)
      copy.load()
      assert.deepEqual(sortedById(durable(copy)), before)

      for (const [task, { state }] of [...cluster.tasks])
        if (state === 'TASK_UNREACHABLE' && cluster.tasks.has(task)) cluster.tell(task, 'TASK_RUNNING')
      for (let i = 0; i < 60; i++) {
        cluster.advance(31_000)
        cluster.offerAll()
      }
      for (const app of cluster.state.root.apps.values()) {
        const wanted = app.cpus === 1000 ? undefined : app.instances
        const isWaiting = [...cluster.state.deployments.values()].some(({ steps }) =>
          steps.some((step) => step.some((one) => one.app === app.id)),
        )
        if (wanted !== undefined && !isWaiting) assert.equal(cluster.running(app.id).length, wanted, app.id)
      }
      const isHuge = [...cluster.state.root.apps.values()].some(({ cpus }) => cpus === 1000)
      if (!isHuge) assert.equal(cluster.state.deployments.size, 0, 'every deployment ends')
      for (const task of cluster.tasks.keys()) assert.ok(cluster.state.instances.ofTask(task), `${task} has an owner`)
    }),
    { numRuns: 300 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '@thermosphere/store'
import type { Store } from '@thermosphere/store'
import { loadRegistry } from './load-registry.ts'

async function withStored(entries: object, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore('memory:')
  try {
    const operations = Object.entries(entries).map(
      ([key, value]) => ({ type: 'put', key, value: String(value) }) as const,
    )
    await store.transact({ operations })
    await work(store)
  } finally {
    await store.close()
  }
}

const agent = { version: 1, info: { hostname: 'h', port: 5051 }, deactivated: true }

test('[mesos 196] the registry has agents with their times, quota, weights and machines', async () => {
  const stored = {
    'master/agents/admitted/A': JSON.stringify(agent),
    'master/agents/unreachable/B': JSON.stringify({ ...agent, at: 5 }),
    'master/agents/gone/C': '{"version":1,"at":7}',
    'master/quota/r': '{"version":1,"config":{"role":"r","limits":{"cpus":{"value":2}}}}',
    'master/weights/r': '{"version":1,"role":"r","weight":3}',
    'master/machines/m': '{"version":1,"id":{"hostname":"m"},"mode":"DOWN"}',
    'marathon/apps/x': 'not ours',
  }
  await withStored(stored, async (store) => {
    const registry = await loadRegistry(store)
    assert.deepEqual(
      [...registry.admitted].map(([id, { deactivated }]) => [id, deactivated]),
      [['A', true]],
    )
    assert.deepEqual(
      [...registry.unreachable].map(([id, { at }]) => [id, at]),
      [['B', 5]],
    )
    assert.deepEqual([...registry.gone], [['C', { at: 7 }]])
    assert.deepEqual(registry.quotas, [{ role: 'r', limits: { cpus: { value: 2 } } }])
    assert.deepEqual([...registry.weights], [['r', 3]])
    assert.deepEqual(
      registry.machines.map(({ id, mode }) => [id, mode]),
      [[{ hostname: 'm' }, 'DOWN']],
    )
  })
})

for (const [key, value, what] of [
  ['master/agents/admitted/A', '{"version":1,"info":', 'that is cut'],
  ['master/agents/admitted/A', '{"version":2,"info":{},"deactivated":false}', 'of a newer version'],
  [
    'master/agents/unreachable/B',
    '{"version":1,"info":{"hostname":5},"deactivated":false}',
    'with a wrong type inside',
  ],
  ['master/agents/gone/C', '{"version":1}', 'that lacks a field'],
  ['master/quota/r', '[]', 'of another shape'],
  ['master/weights/r', '{"version":1,"role":"r","weight":-1}', 'out of range'],
  ['master/maintenance/schedule', '', 'that is empty'],
] as const) {
  test(`a stored value ${what} stops the reader with its key`, async () => {
    await withStored({ [key]: value }, async (store) => {
      await assert.rejects(loadRegistry(store), (error: Error) => error.message.includes(key))
    })
  })
}

test('others have their turn between the pages of a large registry', async () => {
  const gone = Array.from({ length: 1_200 }, (_, index) => [`master/agents/gone/A${index}`, '{"version":1,"at":7}'])
  await withStored(Object.fromEntries(gone), async (store) => {
    const sizes: number[] = []
    const list = store.list.bind(store)
    store.list = async (...asked) => {
      const page = await list(...asked)
      sizes.push(page.entries.length)
      return page
    }
    let turns = 0
    const registry = await loadRegistry(store, undefined, () => Promise.resolve(void turns++))
    assert.equal(registry.gone.size, 1_200)
    assert.equal(turns, sizes.length)
    assert.ok(Math.max(...sizes) <= 500, `pages of ${sizes.join(', ')}`)
  })
})

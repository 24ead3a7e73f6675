import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareKeys } from '../keys.ts'
import type { Operation, Store, Transaction, WatchBatch } from '../store.ts'
import type { ConformanceCase } from './harness.ts'
import { conformanceCase, take } from './harness.ts'

/** The obvious twin: a map, applied one operation at a time. */
class Model {
  readonly entries = new Map<string, { value: string; revision: number }>()
  readonly batches: WatchBatch[] = []
  revision: number
  constructor(revision: number) {
    this.revision = revision
  }

  apply(operations: readonly Operation[]): void {
    const before = new Map(this.entries)
    const after = new Map<string, { value: string; revision: number }>(this.entries)
    const next = this.revision + 1
    const touched = new Set<string>()
    for (const operation of operations) {
      const keys =
        operation.type === 'delete-prefix'
          ? [...after.keys()].filter((key) => key.startsWith(operation.prefix))
          : [operation.key]
      for (const key of keys) {
        touched.add(key)
        if (operation.type === 'put') after.set(key, { value: operation.value, revision: next })
        else after.delete(key)
      }
    }
    const changed = [...touched].filter((key) => before.has(key) || after.has(key)).sort(compareKeys)
    if (changed.length === 0) return
    this.revision = next
    this.entries.clear()
    for (const [key, entry] of after) this.entries.set(key, entry)
    this.batches.push({ revision: next, changes: changed.map((key) => ({ key, value: after.get(key)?.value })) })
  }
}

const keyName = fc.constantFrom('a', 'a/1', 'a/2', 'a/b/1', 'ab', 'b/1', 'c')
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('put' as const), key: keyName, value: fc.string({ maxLength: 4 }) }),
  },
  fc.record({ type: fc.constant('delete' as const), key: keyName }),
  fc.record({ type: fc.constant('delete-prefix' as const), prefix: fc.constantFrom('a', 'a/', 'b/', 'z', '') }),
)
type Step = {
  readonly guard: 'none' | 'absent' | 'fresh' | 'stale'
  readonly key: string
  readonly operations: readonly Operation[]
}
const step: fc.Arbitrary<Step> = fc.record({
  guard: fc.constantFrom('none', 'none', 'absent', 'fresh', 'stale'),
  key: keyName,
  operations: fc.array(operation, { maxLength: 4 }),
})

function transactionOf({ guard, key, operations }: Step, model: Model): { transaction: Transaction; holds: boolean } {
  const entry = model.entries.get(key)
  if (guard === 'none') return { transaction: { operations }, holds: true }
  if (guard === 'absent')
    return { transaction: { conditions: [{ type: 'absent', key }], operations }, holds: entry === undefined }
  const revision = (entry?.revision ?? 1) + (guard === 'stale' ? 1 : 0)
  const holds = guard === 'fresh' && entry !== undefined
  return { transaction: { conditions: [{ type: 'revision', key, revision }], operations }, holds }
}

async function assertSame(store: Store, model: Model): Promise<void> {
  const { entries, revision } = await store.list('')
  const expected = [...model.entries]
    .map(([key, entry]) => ({ key, ...entry }))
    .sort((a, b) => compareKeys(a.key, b.key))
  assert.deepEqual(entries, expected)
  assert.equal(revision, model.revision)
}

export const modelCases: readonly ConformanceCase[] = [
  conformanceCase('any sequence of concurrent transactions agrees with a map, state and watch alike', async (given) => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => agree(given, steps))
    await fc.assert(property, { numRuns: given.test.sequences ?? 150 })
  }),
]

async function agree(given: { store: Store; signal: AbortSignal }, steps: readonly Step[]): Promise<void> {
  const { store, signal } = given
  await store.transact({ operations: [{ type: 'delete-prefix', prefix: '' }] })
  const start = (await store.list('')).revision
  const model = new Model(start)
  const results = steps.map((each) => {
    const { transaction, holds } = transactionOf(each, model)
    if (holds) model.apply(each.operations)
    return { pending: store.transact(transaction), holds, revision: model.revision }
  })
  for (const { pending, holds, revision } of results) {
    const result = await pending
    assert.equal(result.applied, holds)
    if (result.applied) assert.equal(result.revision, revision)
  }
  await assertSame(store, model)
  const watch = store.watch('', { fromRevision: start, signal })
  assert.deepEqual(await take(watch, model.batches.length), model.batches)
}

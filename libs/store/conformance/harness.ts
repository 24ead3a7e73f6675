import type { Leadership, Store, Transaction, TransactionResult } from '../store.ts'

/** What an engine's tests give to the conformance suite. */
export interface StoreHarness {
  /** A fresh, empty store. */
  open(): Promise<TestStore>
}

export interface TestStore {
  readonly store: Store
  /** Another client of the same data, as of another process; undefined when the engine has none. */
  second(): Promise<Store | undefined>
  /** Ends the leader's hold as if it had been cut off for longer than its lease. */
  depose(name: string): Promise<void>
  /** Drops the changes before `revision`, for an engine that does not do so by itself. */
  readonly compact?: (revision: number) => Promise<void>
  /** Random sequences to try, for an engine that needs long for each. */
  readonly sequences?: number
  /** Closes everything. */
  close(): Promise<void>
}

export const put = (key: string, value: string) => ({ type: 'put', key, value }) as const
export const remove = (key: string) => ({ type: 'delete', key }) as const
export const removeUnder = (prefix: string) => ({ type: 'delete-prefix', prefix }) as const
export const ledBy = (leadership: Leadership) => ({ type: 'leader', leadership }) as const

/** Applies and returns the revision; throws when a condition did not hold. */
export async function apply(store: Store, ...operations: Transaction['operations']): Promise<number> {
  return revisionOf(await store.transact({ operations }))
}

export function revisionOf(result: TransactionResult): number {
  if (!result.applied) throw new Error(`condition ${result.failed} did not hold`)
  return result.revision
}

/** All keys and values. */
export async function contents(store: Store): Promise<Record<string, string>> {
  const { entries } = await store.list('')
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]))
}

/** The next `count` items of a stream. */
export async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = []
  const iterator = stream[Symbol.asyncIterator]()
  while (items.length < count) {
    const next = await iterator.next()
    if (next.done === true) break
    items.push(next.value)
  }
  return items
}

type Given = { readonly store: Store; readonly test: TestStore; readonly signal: AbortSignal }

/** A sentence about stores and its proof, with a fresh store and a signal that aborts afterwards. */
export type ConformanceCase = { readonly title: string; readonly prove: (given: Given) => Promise<void> }

export const conformanceCase = (title: string, prove: (given: Given) => Promise<void>): ConformanceCase => ({
  title,
  prove,
})

export async function runCase({ prove }: ConformanceCase, harness: StoreHarness): Promise<void> {
  const test = await harness.open()
  const abort = new AbortController()
  try {
    await prove({ store: test.store, test, signal: abort.signal })
  } finally {
    abort.abort()
    await test.close()
  }
}

import { fencedPersist } from '@thermosphere/store'
import type { Leadership, Operation, Store } from '@thermosphere/store'
import type { Report } from './scheduler/report.ts'

type Leading = { readonly store: Store; readonly leadership: Leadership; readonly report: Report }

/** Writes as the servers do, and looks whether what the fence refused is taken for stored. */
export async function persistAsLeader(
  { store, leadership, report }: Leading,
  operations: readonly Operation[],
): Promise<void> {
  let isApplied = false
  const witness: Pick<Store, 'transact'> = {
    transact: async (transaction) => {
      const result = await store.transact(transaction)
      isApplied = result.applied
      return result
    },
  }
  await fencedPersist(witness, { leadership, operations })
  if (!isApplied) report('refused-writes-end-the-term', `a deposed ${leadership.name} takes a refused write for stored`)
}

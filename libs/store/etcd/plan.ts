/**
 * Pure: from a transaction of the Store to what etcd is asked.
 * etcd refuses to touch a key twice in a transaction, so the operations are first reduced to disjoint ones;
 * a put under a deleted prefix splits the deleted range. Operations are nested so that thousands fit into one
 * transaction, and so into one revision.
 */
import type { ICompare, IRequestOp } from 'etcd3'
import { compareKeys } from '../keys.ts'
import { ETCD_LIMITS } from '../limits.ts'
import type { Condition, Operation } from '../store.ts'
import type { KeySpace } from './keys.ts'
import { keyAfter, rangeEnd } from './keys.ts'

/** One disjoint change; `end` makes a deletion one of [key, end). */
export type Piece =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'delete'; readonly key: Buffer; readonly end?: Buffer }

/** The same effect as the operations in order have. */
export function planPieces(operations: readonly Operation[], keys: KeySpace): Piece[] {
  const { puts, deletes, prefixes } = netOperations(operations)
  const outer = [...prefixes].filter((prefix) => !isUnder(prefix, prefixes))
  const putKeys = [...puts.keys()].sort(compareKeys)
  const single = [...deletes].filter((key) => !outer.some((prefix) => key.startsWith(prefix)))
  return [
    ...single.map((key): Piece => ({ type: 'delete', key: keys.data(key) })),
    ...outer.flatMap((prefix) => deletedRanges(prefix, { putKeys, keys })),
    ...[...puts].map(([key, value]): Piece => ({ type: 'put', key: keys.data(key), value: Buffer.from(value) })),
  ]
}

function netOperations(operations: readonly Operation[]) {
  const puts = new Map<string, string>()
  const deletes = new Set<string>()
  const prefixes = new Set<string>()
  const deletePrefix = (prefix: string): void => {
    for (const key of puts.keys()) if (key.startsWith(prefix)) puts.delete(key)
    prefixes.add(prefix)
  }
  for (const operation of operations) {
    if (operation.type === 'delete-prefix') deletePrefix(operation.prefix)
    else if (operation.type === 'put') {
      deletes.delete(operation.key)
      puts.set(operation.key, operation.value)
    } else {
      puts.delete(operation.key)
      deletes.add(operation.key)
    }
  }
  return { puts, deletes, prefixes }
}

const isUnder = (prefix: string, prefixes: ReadonlySet<string>): boolean =>
  [...prefixes].some((other) => other !== prefix && prefix.startsWith(other))

/** The range of `prefix` without the keys that are put. */
function deletedRanges(
  prefix: string,
  given: { readonly putKeys: readonly string[]; readonly keys: KeySpace },
): Piece[] {
  const ranges: Piece[] = []
  let start = given.keys.data(prefix)
  const end = rangeEnd(start)
  for (const name of given.putKeys) {
    if (!name.startsWith(prefix)) continue
    const key = given.keys.data(name)
    if (!start.equals(key)) ranges.push({ type: 'delete', key: start, end: key })
    start = keyAfter(key)
  }
  return [...ranges, { type: 'delete', key: start, end }]
}

export const putOp = (key: Buffer, value: string | Buffer, lease?: string): IRequestOp => ({
  request_put: { key, value: Buffer.from(value), ...(lease !== undefined && { lease }) },
})
export const readOp = (key: Buffer): IRequestOp => ({ request_range: { key } })
export const deleteOp = (key: Buffer, end?: Buffer): IRequestOp => ({
  request_delete_range: { key, ...(end !== undefined && { range_end: end }) },
})

export const opOf = (piece: Piece): IRequestOp =>
  piece.type === 'put' ? putOp(piece.key, piece.value) : deleteOp(piece.key, piece.end)

/** The operations as at most `width` ones, the rest nested within. */
export function nestOps(ops: readonly IRequestOp[], width: number = ETCD_LIMITS.txnLevelWidth): IRequestOp[] {
  if (ops.length <= width) return [...ops]
  let size = ETCD_LIMITS.txnLevelWidth
  while (size * width < ops.length) size *= ETCD_LIMITS.txnLevelWidth
  return Array.from({ length: Math.ceil(ops.length / size) }, (_, i) => {
    const part = ops.slice(i * size, (i + 1) * size)
    return part.length === 1 && part[0] !== undefined ? part[0] : { request_txn: { success: nestOps(part) } }
  })
}

/** A comparison that holds exactly when nothing is in [key, end). */
export const isAbsent = (key: Buffer, end?: Buffer): ICompare => ({
  key,
  target: 'Create',
  result: 'Equal',
  create_revision: 0,
  ...(end !== undefined && { range_end: end }),
})

/** What must hold in etcd for the condition to hold. `leases` tells the lease of a leadership. */
export function compareOf(condition: Condition, keys: KeySpace, leaseOf: LeaseOf): ICompare[] {
  switch (condition.type) {
    case 'absent':
      return [isAbsent(keys.data(condition.key))]
    case 'revision': {
      // An absent key has revision 0 to etcd; no condition may hold for it.
      const revision = condition.revision > 0 ? condition.revision : -1
      return [{ key: keys.data(condition.key), target: 'Mod', result: 'Equal', mod_revision: revision }]
    }
    case 'leader': {
      const { name, token } = condition.leadership
      const key = keys.election(name)
      const lease = leaseOf(condition.leadership)
      // After a restored snapshot revisions are given again; the lease tells two of the same token apart.
      return [
        { key, target: 'Create', result: 'Equal', create_revision: token },
        ...(lease === undefined ? [] : [{ key, target: 'Lease' as const, result: 'Equal' as const, lease }]),
      ]
    }
  }
}

export type LeaseOf = (leadership: Extract<Condition, { type: 'leader' }>['leadership']) => string | undefined

/** The key whose state decides the condition. */
export const conditionKey = (condition: Condition, keys: KeySpace): Buffer =>
  condition.type === 'leader' ? keys.election(condition.leadership.name) : keys.data(condition.key)

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IRequestOp } from 'etcd3'
import fc from 'fast-check'
import { ETCD_LIMITS } from '../limits.ts'
import type { Operation } from '../store.ts'
import { decodePieces, encodePieces, groupPieces, pieceBytes } from './journal-format.ts'
import { keySpaceOf } from './keys.ts'
import type { Piece } from './plan.ts'
import { nestOps, opOf, planPieces } from './plan.ts'

const keys = keySpaceOf('p')
const name = fc.constantFrom('a', 'a/', 'a/1', 'a/1/x', 'a/2', 'ab', 'b', 'é', '\u{1F600}')
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key: name, value: fc.string({ maxLength: 3 }) }),
  fc.record({ type: fc.constant('delete' as const), key: name }),
  fc.record({ type: fc.constant('delete-prefix' as const), prefix: fc.constantFrom('', 'a', 'a/', 'a/1', 'é') }),
)

function applyOperations(state: Map<string, string>, operations: readonly Operation[]): void {
  const deletePrefix = (prefix: string): void => {
    for (const key of state.keys()) if (key.startsWith(prefix)) state.delete(key)
  }
  for (const each of operations) {
    if (each.type === 'put') state.set(each.key, each.value)
    else if (each.type === 'delete') state.delete(each.key)
    else deletePrefix(each.prefix)
  }
}

const covers = (piece: Piece, key: Buffer): boolean =>
  piece.type === 'put' || piece.end === undefined
    ? piece.key.equals(key)
    : Buffer.compare(piece.key, key) <= 0 && Buffer.compare(key, piece.end) < 0

function applyPieces(state: Map<string, string>, pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    for (const key of state.keys()) if (covers(piece, keys.data(key))) state.delete(key)
    if (piece.type === 'put') state.set(keys.name(piece.key), piece.value.toString())
  }
}

test('pieces have the effect of the operations, in any order of the pieces, and touch no key twice', () => {
  const given = fc.tuple(fc.array(name), fc.array(operation, { maxLength: 8 }))
  fc.assert(
    fc.property(given, ([present, operations]) => {
      const expected = new Map(present.map((key) => [key, 'before']))
      const found = new Map(expected)
      applyOperations(expected, operations)
      const pieces = planPieces(operations, keys)
      applyPieces(found, pieces.toReversed())
      assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()))
      for (const key of ['a', 'a/', 'a/1', 'a/1/x', 'a/2', 'ab', 'b', 'é', '\u{1F600}', 'zz']) {
        assert.ok(pieces.filter((piece) => covers(piece, keys.data(key))).length <= 1, key)
      }
      assert.deepEqual(decodePieces(encodePieces(pieces)), pieces)
    }),
    { numRuns: 500 },
  )
})

/** As etcd counts: what a level may have is what the levels above it left. */
function deepest(ops: readonly IRequestOp[]): number {
  return ops.length + Math.max(0, ...ops.map(({ request_txn: nested }) => deepest(nested?.success ?? [])))
}
const flat = (ops: readonly IRequestOp[]): IRequestOp[] =>
  ops.flatMap((op) => (op.request_txn === undefined ? [op] : flat(op.request_txn.success ?? [])))

test('thousands of operations are nested within what etcd allows, none lost, in order', () => {
  for (const count of [0, 1, 41, 42, 43, 128, 1722, 1723, 4096, 8193, 70_000]) {
    const ops = Array.from({ length: count }, (_, i) => opOf({ type: 'delete', key: Buffer.from(String(i)) }))
    const nested = nestOps(ops, ETCD_LIMITS.txnLevelWidth - 1)
    assert.ok(nested.length < ETCD_LIMITS.txnLevelWidth)
    assert.ok(deepest(nested) + 1 <= ETCD_LIMITS.txnOperationsMax, `${count}: ${deepest(nested)}`)
    assert.deepEqual(flat(nested), ops)
  }
})

test('chunks of a large transaction keep their order and fit into a request', () => {
  const pieces = Array.from({ length: 200 }, (_, i): Piece => {
    return { type: 'put', key: Buffer.from(String(i)), value: Buffer.alloc(1 + ((i * 7919) % 400_000)) }
  })
  const groups = groupPieces(pieces)
  assert.deepEqual(groups.flat(), pieces)
  for (const group of groups) {
    assert.ok(group.reduce((sum, piece) => sum + pieceBytes(piece), 0) <= ETCD_LIMITS.requestBytesMax)
  }
})

test('a damaged chunk is told and never taken for a shorter one', () => {
  const bytes = encodePieces([{ type: 'put', key: Buffer.from('k'), value: Buffer.from('value') }])
  for (let length = 1; length < bytes.length; length++) {
    assert.throws(() => decodePieces(bytes.subarray(0, length)), { code: 'STORE_VALUE_INVALID' })
  }
})

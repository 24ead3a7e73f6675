import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { LINK_READ_SLICE_MS } from './limits.ts'
import { ReadTurns } from './read-turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('those who have much to read do it in turn, a bounded time in each turn of the event loop', async () => {
  const turns = new ReadTurns()
  const order: number[] = []
  let inTurn = 0
  let longest = 0
  const reader = (index: number, times: number) => (): boolean => {
    order.push(index)
    longest = Math.max(longest, ++inTurn)
    const until = performance.now() + LINK_READ_SLICE_MS / 4
    while (performance.now() < until);
    return --times > 0
  }
  for (const index of [0, 1, 2, 3, 4, 5]) turns.add(reader(index, 2))
  while (order.length < 12) {
    await turn()
    inTurn = 0
  }
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
  assert.ok(longest <= 4, `${longest} in one turn`)
})

test('nothing is read while those who hear it are behind, and all of it once they are not', async () => {
  let isBehind = false
  const turns = new ReadTurns(() => isBehind)
  const read: string[] = []
  const reader = (name: string) => (): boolean => {
    read.push(name)
    isBehind = true
    return false
  }
  turns.add(reader('a'))
  turns.add(reader('b'))
  await delay(20)
  assert.deepEqual(read, ['a'])
  isBehind = false
  await delay(20)
  assert.deepEqual(read, ['a', 'b'])
})

test('nothing is read after the close, though those who hear it were behind then', async () => {
  let looks = 0
  let isBehind = false
  const turns = new ReadTurns(() => {
    looks++
    return isBehind
  })
  const read: string[] = []
  const reader = (): boolean => {
    read.push('once')
    isBehind = true
    return true
  }
  turns.add(reader)
  await delay(10)
  turns.close()
  turns.add(reader)
  isBehind = false
  await delay(10)
  const before = looks
  await delay(10)
  assert.deepEqual([read, looks], [['once'], before])
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { searchItems } from './palette-items.ts'

const item = (title: string, kind = 'Service') => ({ id: title, kind, title, run: () => undefined })

it('finds by every word, a match at the start of a name first', () => {
  const items = [item('/x/cart'), item('cart'), item('/shop/web'), item('cartographer', 'Job')]
  assert.deepEqual(
    searchItems(items, 'cart', 9).map((one) => one.title),
    ['cart', 'cartographer', '/x/cart'],
  )
  assert.deepEqual(
    searchItems(items, 'cart job', 9).map((one) => one.title),
    ['cartographer'],
  )
  assert.equal(searchItems(items, '', 2).length, 2)
})

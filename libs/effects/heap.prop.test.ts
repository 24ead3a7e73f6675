import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heap } from './heap.ts'

const byNumber = (a: number, b: number): boolean => a < b

test('a heap gives what a sorted list gives, whatever is put in, taken out and dropped in between', () => {
  const acts = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom('pop' as const, 'retain' as const)))
  fc.assert(
    fc.property(acts, (script) => {
      const heap = new Heap(byNumber)
      let list: number[] = []
      for (const act of script) {
        if (act === 'pop') assert.equal(heap.pop(), list.shift())
        else if (act === 'retain') {
          heap.retain((item) => item % 3 !== 0)
          list = list.filter((item) => item % 3 !== 0)
        } else {
          heap.push(act)
          list = [...list, act].sort((a, b) => a - b)
        }
        assert.deepEqual([heap.size, heap.first], [list.length, list[0]])
      }
    }),
  )
})

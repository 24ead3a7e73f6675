import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AllocationInvariants } from './allocation-invariants.ts'
import { SmallMaster } from './small-master.ts'

function watched(): { readonly small: SmallMaster; readonly reports: string[] } {
  const reports: string[] = []
  const invariants = new AllocationInvariants(
    (invariant) => void reports.push(invariant),
    () => undefined,
  )
  const small = new SmallMaster(
    (master, input) => invariants.before(master, input),
    (master, _input, effects) => invariants.after(master, effects),
  )
  return { small, reports }
}

suite('what roles have', () => {
  test('is what the allocator says, for those above them as well', () => {
    const { small, reports } = watched()
    small.subscribe('f', 'r/s')
    small.join('cpus:2;mem:128')
    small.allocate()
    assert.equal(small.master.offers.size, 1)
    assert.deepEqual(reports, [])
  })

  test('is noticed when the allocator has forgotten the role', () => {
    const { small, reports } = watched()
    small.subscribe('f', 'r')
    const { allocator } = small.master
    const snapshot = allocator.snapshot.bind(allocator)
    allocator.snapshot = () => snapshot().filter(({ role }) => role !== 'r')
    small.join('cpus:2;mem:128')
    small.allocate()
    assert.equal(small.master.offers.size, 1)
    assert.ok(reports.includes('resources-conserved'))
  })
})

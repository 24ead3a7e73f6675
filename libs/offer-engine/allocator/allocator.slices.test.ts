import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import fc from 'fast-check'
import { Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import type { Allocation } from './types.ts'

const total = Resources.parse('cpus:4;mem:8192')

function createAllocator(agents: number): Allocator {
  const allocator = new Allocator({ random: createRandom(1) })
  for (let i = 0; i < agents; i++) allocator.addAgent({ id: `a${i}`, hostname: `h${i}`, total })
  return allocator
}

test('a long run is cut, asks for its rest, and no agent is left out', () => {
  const allocator = createAllocator(100)
  allocator.addFramework({ id: 'f', roles: ['*'] })
  const slices: number[] = [allocator.allocate(0, { workMax: 50 }).length]
  while (allocator.isInRun) {
    assert.ok(allocator.isRunWanted)
    slices.push(allocator.allocate(0, { workMax: 50 }).length)
  }
  assert.ok(slices.length >= 10 && slices.every((count) => count <= 10), slices.join())
  assert.equal(
    slices.reduce((sum, count) => sum + count, 0),
    100,
  )
  assert.equal(allocator.runCount, 1)
})

test('filters that end together are dropped in slices as well', () => {
  const allocator = createAllocator(100)
  allocator.addFramework({ id: 'f', roles: ['*'] })
  for (const granted of allocator.allocate(0)) allocator.recover(granted, { refuseMs: 2000, now: 0 })
  assert.deepEqual(allocator.allocate(1000), [])
  assert.deepEqual(allocator.allocate(2000, { workMax: 30 }), [])
  assert.equal(allocator.filterCount('*'), 70)
  let count = 0
  while (allocator.isInRun) count += allocator.allocate(2000, { batch: false, workMax: 30 }).length
  assert.equal(count, 100)
})

test('agents and frameworks that leave between two slices get and are offered nothing more', () => {
  const allocator = createAllocator(10)
  for (const id of ['f', 'g']) allocator.addFramework({ id, roles: ['*'] })
  const first = allocator.allocate(0, { workMax: 1 })
  allocator.removeFramework('f')
  for (let i = 0; i < 5; i++) allocator.removeAgent(`a${i}`)
  allocator.setAgentActive('a5', false)
  const rest: Allocation[] = []
  while (allocator.isInRun) rest.push(...allocator.allocate(0, { batch: false, workMax: 1 }))
  assert.ok(rest.every(({ frameworkId, agentId }) => frameworkId === 'g' && /a[6-9]/.test(agentId)))
  const free = first.filter(({ frameworkId }) => frameworkId === 'f').map(({ agentId }) => agentId)
  assert.deepEqual(
    new Set(allocator.allocate(1000).map(({ agentId }) => agentId)),
    new Set(free.filter((id) => /a[6-9]/.test(id))),
  )
})

const event = fc.record({
  kind: fc.constantFrom('slice', 'slice', 'slice', 'back', 'back', 'quota', 'agent', 'revive'),
  which: fc.nat(50),
  cpus: fc.constantFrom(0, 2000, 7000),
})

test('whatever happens between slices, limits hold and what others are guaranteed stays free', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 100 }), (events) => {
      const allocator = createAllocator(4)
      const held: Allocation[] = []
      const limits = new Map<string, number>()
      for (const role of ['x', 'y', 'z']) allocator.addFramework({ id: role, roles: [role] })
      allocator.setQuota('z', { guarantees: new Map([['cpus', 3000]]), limits: new Map() })
      const used = (role: string): number =>
        held.filter((grant) => grant.role === role).reduce((sum, { resources }) => sum + resources.scalar('cpus'), 0)
      let [now, agents] = [0, 4]
      for (const { kind, which, cpus } of events) {
        if (kind === 'slice') {
          const granted = allocator.allocate((now += 300), { workMax: 1 })
          const before = Math.max(0, 3000 - used('z'))
          held.push(...granted)
          for (const { role } of granted)
            assert.ok(used(role) <= (limits.get(role) ?? Infinity), `${role}: ${used(role)}`)
          const free = 4000 * agents - ['x', 'y', 'z'].reduce((sum, role) => sum + used(role), 0)
          const missing = Math.max(0, 3000 - used('z'))
          const isOthers = granted.some(({ role, resources }) => role !== 'z' && resources.scalar('cpus') > 0)
          if (isOthers && before > 0) assert.ok(free >= missing, `${free} free, ${missing} missing`)
        } else if (kind === 'back' && held.length > 0) {
          const [grant] = held.splice(which % held.length, 1)
          if (grant) allocator.recover(grant, { refuseMs: cpus, now })
        } else if (kind === 'quota') {
          const limit = Math.max(cpus, used('x'))
          limits.set('x', limit)
          allocator.setQuota('x', { guarantees: new Map(), limits: new Map([['cpus', limit]]) })
        } else if (kind === 'agent') {
          allocator.addAgent({ id: `a${agents}`, hostname: 'h', total })
          agents++
        } else if (kind === 'revive') allocator.revive('y')
      }
    }),
    { numRuns: 300 },
  )
})

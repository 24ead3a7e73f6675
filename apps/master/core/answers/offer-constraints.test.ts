import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everything, offerConstraintsAnswer } from '../index.ts'
import type { Rendering } from '../index.ts'
import { rendered, World } from '../testing/world.ts'

const finish = (rendering: Rendering, begun: Uint8Array = new Uint8Array()): unknown =>
  JSON.parse(Buffer.concat([begun, rendered(rendering)]).toString())

/** Only agents whose host name begins so. */
const named = (regex: string) => {
  const selector = { pseudoattribute_type: 'HOSTNAME' as const }
  return {
    role_constraints: {
      r: { groups: [{ attribute_constraints: [{ selector, predicate: { text_matches: { regex } } }] }] },
    },
  }
}

test('[mesos 65] the agents that constraints keep from a framework are listed by role', () => {
  const world = new World()
  const [near, far] = ['near', 'far'].map((hostname, i) => world.addAgent(undefined, { hostname, port: 6000 + i }))
  const picky = world.subscribe({ roles: ['r', 's'] }, { offer_constraints: named('n.*'), suppressed_roles: ['s'] })
  const plain = world.subscribe({ name: 'g' })
  const expected = {
    frameworks: {
      [picky.id]: { suppressed_roles: ['s'], excluded_by_attribute_constraints: { r: [far?.id], s: [] } },
      [plain.id]: { suppressed_roles: [], excluded_by_attribute_constraints: { r: [] } },
    },
  }
  assert.ok(near)
  assert.deepEqual(finish(offerConstraintsAnswer(world.master, everything)), expected)
})

test('[mesos 65] a framework that leaves while the answer is on its way excludes nobody any more', () => {
  const world = new World()
  const agent = world.addAgent()
  const [first, second] = [1, 2].map(() => world.subscribe({}, { offer_constraints: named('none') }))
  assert.ok(first && second)
  const rendering = offerConstraintsAnswer(world.master, everything)
  const begun = rendering.next().value
  assert.ok(begun)
  world.call(second, { type: 'TEARDOWN' })
  assert.deepEqual(finish(rendering, begun), {
    frameworks: {
      [first.id]: { suppressed_roles: [], excluded_by_attribute_constraints: { r: [agent.id] } },
      [second.id]: { suppressed_roles: [], excluded_by_attribute_constraints: {} },
    },
  })
})

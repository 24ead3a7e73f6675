import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import type { mesos } from '@thermosphere/protocol'
import fc from 'fast-check'
import { Resources } from '../resources/index.ts'
import { packOffer } from './match.ts'
import { OfferPool } from './offer-pool.ts'

const pieces = fc.record({
  cpus: fc.nat(40),
  reservedCpus: fc.nat(20),
  mem: fc.nat(2000),
  ports: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }),
  reservedPorts: fc.boolean(),
})
const demands = fc.record({
  cpus: fc.integer({ min: 1, max: 15 }).map((tenths) => tenths / 10),
  mem: fc.nat(400),
  hostPorts: fc.array(fc.constantFrom(undefined, 0, 0, 3, 7), { maxLength: 4 }),
  own: fc.boolean(),
})

type Pieces = typeof pieces extends fc.Arbitrary<infer T> ? T : never

function offerOf({ cpus, reservedCpus, mem, ports, reservedPorts }: Pieces): mesos.Offer {
  const text = [
    `cpus:${cpus / 10}`,
    `cpus(dev):${reservedCpus / 10}`,
    `mem:${mem}`,
    ...ports.map((port) => `ports${reservedPorts && port % 2 === 0 ? '(dev)' : ''}:[${port}-${port}]`),
  ]
  const resources = Resources.parse(text.join(';')).toWire()
  const [id, framework_id, agent_id] = [{ value: 'o' }, { value: 'f' }, { value: 'a' }]
  return { id, framework_id, agent_id, hostname: 'h', resources }
}

test('matches take what they ask for, out of the offer, and nothing twice', () => {
  fc.assert(
    fc.property(pieces, fc.array(demands, { maxLength: 8 }), fc.nat(), (given, wanted, seed) => {
      const offer = offerOf(given)
      const pool = new OfferPool(offer)
      const random = createRandom(seed)
      let taken = Resources.empty
      for (const { own, ...demand } of wanted) {
        const result = pool.match(
          { role: 'dev', ...demand, ...(own && { acceptedResourceRoles: ['dev'] }) },
          { random },
        )
        if (result.kind === 'refused') {
          assert.ok(result.reasons.length > 0)
          continue
        }
        const resources = Resources.fromWire(result.resources)
        const ports = result.hostPorts.filter((port) => port !== undefined)
        assert.equal(resources.scalar('cpus'), Math.round(demand.cpus * 1000))
        assert.equal(resources.scalar('mem'), demand.mem * 1000)
        assert.equal(resources.quantity('ports'), ports.length * 1000)
        assert.equal(new Set(ports).size, ports.length)
        for (const [i, port] of demand.hostPorts.entries()) if (port !== 0) assert.equal(result.hostPorts[i], port)
        for (const port of ports) assert.ok(resources.contains(portOf(resources, port)))
        taken = taken.add(resources)
      }
      assert.ok(taken.add(pool.remaining()).equals(Resources.fromWire(offer.resources)))
    }),
    { numRuns: 500 },
  )
})

function portOf(resources: Resources, port: number): Resources {
  const range = Resources.parse(`ports:[${port}-${port}]`)
  return resources.unreserved().contains(range) ? range : Resources.parse(`ports(dev):[${port}-${port}]`)
}

test('packing stops only at the maximum or when the next instance does not fit', () => {
  fc.assert(
    fc.property(pieces, demands, fc.integer({ min: 1, max: 6 }), (given, { own: _own, ...demand }, max) => {
      const offer = offerOf(given)
      const random = createRandom(1)
      const { matches, reasons } = packOffer(offer, { role: 'dev', ...demand }, { random, max })
      assert.equal(reasons.length === 0, matches.length === max)
    }),
    { numRuns: 500 },
  )
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseDescription } from './cluster-description.ts'
import { planOptions } from './up-options.ts'

const parse = (value: unknown) => parseDescription(JSON.stringify(value), 'cluster.json')

test('a cluster file says what the options say', () => {
  const values = parse({
    masters: 3,
    agents: 0,
    store: 'etcd',
    etcds: 3,
    without: ['gateway'],
    ports: { master: 6000 },
    flags: { agent: ['gc_delay=1days'] },
  })
  const options = planOptions(values, '/w')
  assert.equal(options.masters, 3)
  assert.equal(options.agents, 0)
  assert.deepEqual(options.store, { type: 'etcd', members: 3 })
  assert.deepEqual(options.without, ['gateway'])
  assert.deepEqual([options.ports.master, options.ports.agent, options.ports.chronos], [6000, 5053, 4400])
  assert.deepEqual(options.extraFlags.agent, ['gc_delay=1days'])
})

test('the cluster file of the examples describes a cluster', () => {
  const path = new URL('../../../../examples/cluster.json', import.meta.url)
  const options = planOptions(parseDescription(readFileSync(path, 'utf8'), 'cluster.json'), '/w')
  assert.ok(options.masters > 1 && options.store.type === 'etcd')
})

const wrong: readonly (readonly [unknown, RegExp])[] = [
  [{ masters: 0 }, /masters: must be at least 1/],
  [{ agents: 'three' }, /agents: must be a number/],
  [{ nodes: 3 }, /unknown field nodes/],
  [{ store: 'zk://10.0.0.1:2181/mesos' }, /store: must be sqlite, etcd, or the address/],
  [{ ports: { master: 70_000 } }, /ports\.master: must be at most 65535/],
  [{ flags: { agent: ['--gc delay'] } }, /flags\.agent\[0\]: .*name=value/],
  [{ without: ['etcd'] }, /without\[0\]: must be one of/],
  [[], /must be an object/],
]
for (const [value, says] of wrong) {
  test(`a cluster file with ${JSON.stringify(value)} is refused by name`, () => {
    assert.throws(() => parse(value), { message: says, exitCode: 2 })
  })
}

test('a cluster file that is no JSON is refused with the place of the mistake', () => {
  assert.throws(
    () => parseDescription('{ "masters": 3, }', 'cluster.json'),
    /^CliError: cluster\.json is not JSON: .+\.$/,
  )
})

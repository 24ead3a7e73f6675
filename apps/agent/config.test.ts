import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf } from './config.ts'

const config = (...flags: string[]) => configOf(['--master=127.0.0.1:5050', ...flags])
const features = (...types: string[]) =>
  `--agent_features=${JSON.stringify({ capabilities: types.map((type) => ({ type })) })}`

test('[mesos 21] --agent_features takes known capabilities that include those that an agent cannot do without', () => {
  const needed = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT']
  const given = config(features(...needed, 'RESIZE_VOLUME')).agent_features
  assert.deepEqual(
    given?.capabilities.map(({ type }) => type),
    [...needed, 'RESIZE_VOLUME'],
  )
  assert.throws(() => config(features('MULTI_ROLE')), /at least these capabilities .* RESERVATION_REFINEMENT/)
  assert.throws(() => config(features(...needed, 'FLYING')), /agent_features/)
})

test('[mesos 22] --domain takes a region and a zone', () => {
  const domain = { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } }
  assert.deepEqual(config(`--domain=${JSON.stringify(domain)}`).domain, domain)
  assert.throws(() => config('--domain={"fault_domain":{"region":{"name":"r"}}}'), /zone/)
})

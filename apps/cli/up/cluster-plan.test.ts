import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planCluster } from './cluster-plan.ts'
import type { PlanOptions } from './cluster-plan.ts'

const none = { master: [], agent: [], marathon: [], chronos: [], gateway: [] }
const options: PlanOptions = {
  agents: 3,
  resources: undefined,
  ip: '127.0.0.1',
  cluster: 'test',
  workDir: '/w',
  insecure: false,
  ports: { master: 5050, agent: 5051, marathon: 8080, chronos: 4400, gateway: 8000 },
  extraFlags: none,
  without: [],
}
const machine = { cpus: 4, memMib: 10_000, diskMib: 100_000 }
const flagOf = (flags: readonly string[], name: string): string | undefined =>
  flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3)

test('a cluster has a master, its agents, both frameworks and the gateway', () => {
  const parts = planCluster(options, machine)
  assert.deepEqual(
    parts.map(({ name, port }) => [name, port]),
    [
      ['master', 5050],
      ['agent-1', 5051],
      ['agent-2', 5052],
      ['agent-3', 5053],
      ['marathon', 8080],
      ['chronos', 4400],
      ['gateway', 8000],
    ],
  )
})

test('agents of one machine have host names of their own and ports that do not overlap', () => {
  const agents = planCluster(options, machine).filter((part) => part.kind === 'agent')
  assert.deepEqual(
    agents.map((part) => flagOf(part.flags, 'hostname')),
    ['127.0.0.1', '127.0.0.2', '127.0.0.3'],
  )
  assert.equal(flagOf(agents[1]?.flags ?? [], 'resources'), 'cpus:2;mem:2666;disk:26666;ports:[32000-32999]')
})

test('given resources and flags reach the parts unchanged', () => {
  const resources = 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]'
  const extraFlags = { ...none, master: ['agent_ping_timeout=1secs'] }
  const parts = planCluster({ ...options, agents: 1, resources, extraFlags, without: ['chronos'] }, machine)
  const agent = parts.find((part) => part.kind === 'agent')
  assert.equal(flagOf(agent?.flags ?? [], 'resources'), resources)
  assert.equal(flagOf(agent?.flags ?? [], 'hostname'), 'localhost')
  assert.ok(parts[0]?.flags.includes('--agent_ping_timeout=1secs'))
  assert.ok(!parts.some((part) => part.kind === 'chronos'))
})

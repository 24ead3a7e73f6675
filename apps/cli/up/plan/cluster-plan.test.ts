import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { planCluster, sharedPort } from './cluster-plan.ts'
import { planOptions } from './up-options.ts'

const options = planOptions({ cluster: 'test' }, '/w')
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
  const extraFlags = { ...options.extraFlags, master: ['agent_ping_timeout=1secs'] }
  const parts = planCluster({ ...options, agents: 1, resources, extraFlags, without: ['chronos'] }, machine)
  const agent = parts.find((part) => part.kind === 'agent')
  assert.equal(flagOf(agent?.flags ?? [], 'resources'), resources)
  assert.equal(flagOf(agent?.flags ?? [], 'hostname'), 'localhost')
  assert.ok(parts[0]?.flags.includes('--agent_ping_timeout=1secs'))
  assert.ok(!parts.some((part) => part.kind === 'chronos'))
})

test('the gateway alone is told the file with its login', () => {
  const parts = planCluster(planOptions({ credential: '/etc/viewer' }, '/w'), machine)
  const told = parts.flatMap(({ name, flags }) => (flags.join().includes('/etc/viewer') ? [name] : []))
  assert.deepEqual(told, ['gateway'])
  assert.equal(flagOf(parts.at(-1)?.flags ?? [], 'credential'), '/etc/viewer')
})

test('agents register at once, unless they are told how long to wait', () => {
  const waitOf = (agent: string[]) => {
    const extraFlags = { ...options.extraFlags, agent }
    const parts = planCluster({ ...options, extraFlags }, machine)
    const flags = parts.find(({ kind }) => kind === 'agent')?.flags ?? []
    return flags.filter((text) => text.startsWith('--registration_backoff_factor='))
  }
  assert.deepEqual(waitOf([]), ['--registration_backoff_factor=50ms'])
  assert.deepEqual(waitOf(['registration_backoff_factor=2secs']), ['--registration_backoff_factor=2secs'])
})

test('several of a kind take the ports behind the first, the agents those behind the masters', () => {
  const values = { masters: 3, agents: 2, marathons: 2, chronoses: 2, store: 'etcd', etcds: 3 }
  const parts = planCluster(planOptions(values, '/w'), machine)
  assert.deepEqual(
    parts.map(({ name, port }) => [name, port]),
    [
      ['etcd-1', 2379],
      ['etcd-2', 2381],
      ['etcd-3', 2383],
      ['master-1', 5050],
      ['master-2', 5051],
      ['master-3', 5052],
      ['agent-1', 5053],
      ['agent-2', 5054],
      ['marathon-1', 8080],
      ['marathon-2', 8081],
      ['chronos-1', 4400],
      ['chronos-2', 4401],
      ['gateway', 8000],
    ],
  )
  assert.equal(sharedPort(parts), undefined)
})

test('everybody is told all masters, the gateway all frameworks, and masters and frameworks their store', () => {
  const values = { masters: 2, marathons: 2, chronoses: 2, store: 'etcd', etcds: 3 }
  const parts = planCluster(planOptions(values, '/w'), machine)
  const flagsOf = (name: string): readonly string[] => parts.find((part) => part.name === name)?.flags ?? []
  const store = 'etcd://127.0.0.1:2379,127.0.0.1:2381,127.0.0.1:2383/thermosphere'
  for (const name of ['master-1', 'master-2', 'marathon-1', 'marathon-2', 'chronos-1', 'chronos-2'])
    assert.equal(flagOf(flagsOf(name), 'store'), store, name)
  for (const name of ['agent-1', 'marathon-1', 'chronos-2', 'gateway'])
    assert.equal(flagOf(flagsOf(name), 'master'), '127.0.0.1:5050,127.0.0.1:5051', name)
  assert.equal(flagOf(flagsOf('agent-1'), 'store'), undefined)
  assert.equal(flagOf(flagsOf('gateway'), 'marathon'), 'http://127.0.0.1:8080,http://127.0.0.1:8081')
  assert.equal(flagOf(flagsOf('gateway'), 'chronos'), 'http://127.0.0.1:4400,http://127.0.0.1:4401')
})

test('an etcd that was there before is named to the servers and not started', () => {
  const parts = planCluster(planOptions({ store: 'etcd://10.0.0.1:2379/mine' }, '/w'), machine)
  assert.ok(parts.every(({ kind }) => kind !== 'etcd'))
  assert.equal(flagOf(parts[0]?.flags ?? [], 'store'), 'etcd://10.0.0.1:2379/mine')
  assert.throws(() => planOptions({ store: 'sqlite', etcds: 3 }, '/w'), /give --store etcd/)
})

test('two parts that want one port are found before they are started', () => {
  const parts = planCluster(planOptions({ masters: 3, masterPort: 5048, marathonPort: 5050 }, '/w'), machine)
  const shared = sharedPort(parts)
  assert.equal(shared?.port, 5050)
  assert.deepEqual(
    shared?.parts.map(({ name }) => name),
    ['master-3', 'marathon'],
  )
})

function masterNodeFlags(): readonly string[] {
  const run = planCluster(options, machine).find(({ kind }) => kind === 'master')?.run
  return run !== undefined && 'nodeFlags' in run ? (run.nodeFlags ?? []) : []
}

/** Keeps a million objects and 400 MB outside of the heap, and tells how many collections of the whole heap there were. */
const keepMuch = `
let collections = 0
const count = (list) => (collections += list.getEntries().filter(({ detail }) => detail.kind === 4).length)
new (require('node:perf_hooks').PerformanceObserver)(count).observe({ type: 'gc' })
const kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index }))
const add = () => {
  for (let n = 0; n < 10; n++) kept.push(Buffer.allocUnsafeSlow(200_000))
  if (kept.length < 1_002_000) setTimeout(add, 1)
  else setTimeout(() => console.log(collections), 50)
}
add()
`

test('a master that gets ever more connections does not collect its whole heap again and again', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...masterNodeFlags(), '-e', keepMuch])
  assert.ok(Number(stdout) <= 2, `${stdout.trim()} collections`)
})

test('the systemd unit starts the master with the same flags of Node', async () => {
  const unit = await readFile(
    new URL('../../../../deploy/systemd/thermosphere-master.service', import.meta.url),
    'utf8',
  )
  assert.deepEqual(
    /^ExecStart=\S+ (?<flags>.*) apps\/master\/main\.ts$/m.exec(unit)?.groups?.['flags']?.split(' '),
    masterNodeFlags(),
  )
})

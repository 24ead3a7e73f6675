/** Asks our master and agent what was asked of Apache Mesos 1.12 and compares the answers; equal ones may only grow. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startCluster } from '../harness/cluster.ts'

type Observation = { readonly scenario: string; readonly step: string; readonly value: unknown }

const recorded = (name: string): string => new URL(`./recorded/${name}`, import.meta.url).pathname
const readObservations = (path: string): Observation[] => JSON.parse(readFileSync(path, 'utf8')) as Observation[]
const ratchet = JSON.parse(readFileSync(new URL('./ratchet.json', import.meta.url), 'utf8')) as Record<string, number>
const resources = 'cpus:4;mem:8192;disk:10000;ports:[31000-32000]'

function unequal(reference: readonly Observation[], ours: readonly Observation[]): string[] {
  const key = ({ scenario, step }: Observation): string => `${scenario} / ${step}`
  const values = new Map(ours.map((one) => [key(one), JSON.stringify(one.value)]))
  return reference.filter((one) => values.get(key(one)) !== JSON.stringify(one.value)).map(key)
}

async function record(urls: { readonly master: string; readonly agent: string; readonly out: string }): Promise<void> {
  const args = [
    recorded('conformance.mjs'),
    'record',
    '--master',
    urls.master,
    '--agent',
    urls.agent,
    '--out',
    urls.out,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let progress = ''
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()))
  const [status] = (await once(child, 'exit')) as [number | null]
  assert.equal(status, 0, progress)
}

test('at least as many answers as before are equal to those of Apache Mesos 1.12', async () => {
  const parts = ['--without', 'marathon', 'chronos', 'gateway']
  // As the recorded Mesos was started: no cluster name, tasks as plain processes.
  const likeMesos = ['--cluster', '', '--agent-flag', 'isolation=posix']
  const cluster = await startCluster({ agents: 1, flags: ['--resources', resources, ...likeMesos, ...parts] })
  try {
    const out = `${cluster.workDir}/ours.json`
    await record({ master: cluster.url('master'), agent: cluster.url('agent'), out })
    const reference = readObservations(recorded('mesos-1.12.json'))
    const different = unequal(reference, readObservations(out))
    const equal = reference.length - different.length
    const wanted = ratchet['mesos-1.12.json'] ?? 0
    assert.ok(
      equal >= wanted,
      `${equal} of ${reference.length} are equal, ${wanted} were; different:\n${different.join('\n')}`,
    )
  } finally {
    await cluster.remove()
  }
})

/** Asks our master and agent what was asked of Apache Mesos 1.12 and compares the answers; equal ones may only grow. */
import { test } from 'node:test'
import { startCluster } from '../harness/cluster.ts'
import { recordedResources } from '../harness/mesos-pair.ts'
import { assertEqualEnough, record } from './observations.ts'

test('at least as many answers as before are equal to those of Apache Mesos 1.12', async () => {
  const parts = ['--without', 'marathon', 'chronos', 'gateway']
  // As the recorded Mesos was started: no cluster name, tasks as plain processes.
  const likeMesos = ['--cluster', '', '--agent-flag', 'isolation=posix']
  const cluster = await startCluster({ agents: 1, flags: ['--resources', recordedResources, ...likeMesos, ...parts] })
  try {
    const out = `${cluster.workDir}/ours.json`
    await record({ master: cluster.url('master'), agent: cluster.url('agent'), out })
    assertEqualEnough('mesos-1.12.json', out)
  } finally {
    await cluster.remove()
  }
})

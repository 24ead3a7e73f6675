/** Asks our master and agent what was asked of Apache Mesos 1.12 and compares the answers; equal ones may only grow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../harness/cluster.ts'
import { recordedResources } from '../harness/mesos-pair.ts'
import { encodings, openDoors } from './encodings.ts'
import { assertEqualEnough, record } from './observations.ts'

for (const encoding of encodings) {
  test(`at least as many answers as before are equal to those of Apache Mesos 1.12, in ${encoding}`, async () => {
    const parts = ['--without', 'marathon', 'chronos', 'gateway']
    // As the recorded Mesos was started: no cluster name, tasks as plain processes.
    const likeMesos = ['--cluster', '', '--agent-flag', 'isolation=posix']
    const cluster = await startCluster({ agents: 1, flags: ['--resources', recordedResources, ...likeMesos, ...parts] })
    const doors = await openDoors(encoding, { master: cluster.url('master'), agent: cluster.url('agent') })
    try {
      const out = `${cluster.workDir}/ours.json`
      await record({ master: doors.master, agent: doors.agent, out })
      assertEqualEnough('mesos-1.12.json', out, { encoding })
      if (encoding === 'protobuf')
        for (const type of ['SUBSCRIBE', 'ACCEPT', 'GET_STATE']) assert.ok(doors.spoken().includes(type), type)
    } finally {
      doors.close()
      await cluster.remove()
    }
  })
}

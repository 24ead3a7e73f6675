/** Asks our master and agent what was asked of Apache Mesos 1.12 and compares the answers; equal ones may only grow. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { errnoOf } from '@thermosphere/effects'
import { MesosPair } from '../harness/mesos-pair.ts'
import { encodings, openDoors } from './encodings.ts'
import { assertEqualEnough, record } from './observations.ts'

/**
 * As long as the one of the recorded agent: the recorder cuts a text that has its path before it puts a placeholder
 * for it, so another length leaves another end.
 */
function shortDirectory(): string {
  for (;;) {
    const path = `/tmp/${randomInt(36 ** 2)
      .toString(36)
      .padStart(2, '0')}`
    try {
      mkdirSync(path)
      return path
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
}

for (const encoding of encodings) {
  test(`at least as many answers as before are equal to those of Apache Mesos 1.12, in ${encoding}`, async () => {
    const pair = await MesosPair.start({ agentWorkDir: shortDirectory() })
    const doors = await openDoors(encoding, { master: pair.master.url, agent: pair.agent.url })
    try {
      const out = `${pair.workDir}/ours.json`
      await record({ master: doors.master, agent: doors.agent, out })
      assertEqualEnough('mesos-1.12.json', out, { encoding })
      if (encoding === 'protobuf')
        for (const type of ['SUBSCRIBE', 'ACCEPT', 'GET_STATE']) assert.ok(doors.spoken().includes(type), type)
    } finally {
      doors.close()
      await pair.remove()
    }
  })
}

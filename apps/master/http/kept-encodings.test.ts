import { everything, stateAnswer } from '@thermosphere/master-core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fillMaster } from '../testing/filled-master.ts'
import { startAgeing } from './kept-encodings.ts'

test('encodings are kept while an answer is asked for, and dropped when it is not', async () => {
  const { master } = fillMaster({ agents: 10, frameworks: 1, running: 200, finished: 0 }).world
  /** The largest buffer of the answer: tasks. */
  const tasks = (): Uint8Array | undefined =>
    [...stateAnswer(master, everything, { version: { version: '1' }, flags: {} })].find(
      (piece) => (piece?.length ?? 0) > 20_000,
    )
  const ageing = startAgeing(20)
  const kept = tasks()
  assert.ok(kept)
  assert.equal(tasks(), kept)
  await delay(200)
  assert.notEqual(tasks(), kept)
  ageing.close()
})

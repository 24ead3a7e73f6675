import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EtcdConnection } from './connection.ts'
import { parseEtcdUrl } from './etcd-url.ts'

test('no attempt is made that has no time to be answered: the reason told is that of one that had', async (context) => {
  const attempts: number[] = []
  const open = async (): Promise<void> => {
    const connection = new EtcdConnection(parseEtcdUrl('etcd://127.0.0.1:1/x'), assert.fail)
    context.after(() => connection.close())
    let made = 0
    const work = async (): Promise<never> => {
      // What is measured is the time at which another attempt begins.
      if (made++ > 0) attempts.push(performance.now() - startedAt)
      throw new Error('connect ECONNREFUSED 127.0.0.1:1')
    }
    const startedAt = performance.now()
    await assert.rejects(connection.call(work, { timeoutMs: 120 }), /tried 127.0.0.1:1.*last said .*ECONNREFUSED/)
  }
  // Waits between attempts are drawn, from 50 to 100 ms here.
  await Promise.all(Array.from({ length: 30 }, open))
  // This process may be stopped between the look at the clock and the attempt, but not in most of them.
  const late = attempts.filter((ms) => ms > 70)
  assert.ok(late.length < 5, `attempts began after ${late.join(', ')} ms`)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { OwnMaster } from './own-master.ts'

/** Far longer than a stop takes, far shorter than what is stopped. */
const patienceMs = 60_000
const program = new URL('main.ts', import.meta.url).pathname

/** Stops a fleet once it says `line`; resolves with the last thing that it says when its process is over. */
async function stopAt(t: TestContext, line: string, flags: readonly string[]): Promise<string> {
  const fleet = spawn(process.execPath, [program, '--agents=2', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => fleet.kill('SIGKILL'))
  const ended = once(fleet, 'exit')
  let last = ''
  for await (const said of createInterface({ input: fleet.stderr })) {
    last = said
    if (said.includes(line)) fleet.kill('SIGTERM')
  }
  assert.deepEqual(await ended, [1, null])
  return last
}

test('a fleet that is stopped while it holds ends at once', { timeout: patienceMs }, async (t) => {
  assert.equal(await stopAt(t, '2 connected and 2 registered', ['--hold=10mins']), 'fleet: stopped by SIGTERM')
})

test('so does one that launches slowly', { timeout: patienceMs }, async (t) => {
  const flags = ['--tasks=100', '--launch-rate=0.1']
  assert.equal(await stopAt(t, 'of 100 tasks were started', flags), 'fleet: stopped by SIGTERM')
})

test(
  'so does one whose master is just being replaced, and no master is left behind',
  { timeout: patienceMs },
  async (t) => {
    const flags = ['--hold=1secs', '--failovers=1']
    assert.equal(await stopAt(t, 'the master is killed', flags), 'fleet: stopped by SIGTERM')
  },
)

test('a master that is just being started is stopped with the run', { timeout: patienceMs }, async () => {
  const run = new AbortController()
  const started = OwnMaster.start({ store: 'sqlite', flags: [], signal: run.signal })
  run.abort(new Error('enough'))
  await assert.rejects(started, /enough/)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('./fixtures/service.ts', import.meta.url))

type Outcome = { status: number | null; out: string; err: string }

/** Runs the fixture; once it is ready it gets the signal. */
async function run(args: readonly string[], signal?: NodeJS.Signals): Promise<Outcome> {
  const child = spawn(process.execPath, [fixture, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { status: child.exitCode, out, err }
}

const CLOSED = 'ready\naborted true\nclosed second\nclosed first\n'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} closes the parts in reverse order and exits 0`, async () => {
    const { status, out, err } = await run(['plain'], signal)
    assert.deepEqual([status, out], [0, CLOSED])
    assert.match(err, /service\.stopping.*\n.*service\.stopped/)
  })
}

test('a service that stops itself, and one that leaves something open, end as well', async () => {
  assert.equal((await run(['stops-itself'])).status, 0)
  const { status, err } = await run(['lingers'], 'SIGTERM')
  assert.equal(status, 0)
  assert.match(err, /"Timeout".*service\.stop\.lingering/)
})

for (const [behaviour, message] of [
  ['close-fails', /cannot close/],
  ['close-hangs', /stuck did not close within 50 ms/],
] as const) {
  test(`${behaviour}: the other parts are still closed, and the status is 1`, async () => {
    const { status, out, err } = await run([behaviour], 'SIGTERM')
    assert.deepEqual([status, out], [1, CLOSED])
    assert.match(err, message)
  })
}

test('a busy port is one clear sentence and status 1, and what was opened is closed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : assert.fail()
  const { status, out, err } = await run(['busy-port', String(port)])
  server.close()
  assert.deepEqual([status, out], [1, 'closed first\n'])
  const sentence = `port ${port} on 127.0.0.1 is in use; stop the other process or choose another with --port`
  assert.equal(err, `service: ${sentence}\n`)
})

test('a full disk at the start is one clear sentence and status 1', async () => {
  const { status, err } = await run(['no-space'])
  assert.equal(status, 1)
  assert.equal(err, 'service: no space is left on the disk of /var/lib/x; free some and start again\n')
})

test('an operational failure while running is one clear sentence and status 1', async () => {
  const { status, err } = await run(['late-full'])
  assert.equal(status, 1)
  assert.match(err, /^service: the disk is full$/m)
})

for (const [behaviour, message] of [
  ['start-bug', /promise broken/],
  ['late-bug', /promise broken late/],
  ['late-rejection', /nobody caught me/],
] as const) {
  test(`${behaviour}: a bug is logged with its stack and the status is 70`, async () => {
    const { status, err } = await run([behaviour])
    assert.equal(status, 70)
    assert.match(err, message)
  })
}

/** What cannot start says why in one sentence, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { newPorts, newWorkDir, spawnCluster, startCluster } from './harness/cluster.ts'

const needsRoot = process.getuid?.() === 0 ? false : 'needs root'

test('a busy port is named with the option that changes it', async () => {
  const ports = await newPorts(1)
  const server = createServer().listen(ports.marathon, '127.0.0.1')
  const cluster = await spawnCluster({ ports })
  assert.equal(await cluster.ended(), 1)
  server.close()
  assert.match(cluster.output(), new RegExp(`Port ${ports.marathon} .*marathon.* in use: .* --marathon-port`))
  assert.equal(cluster.output().trim().split('\n').length, 1)
  assert.deepEqual(cluster.leftovers(), [])
  await cluster.remove()
})

test('a full disk is named with what is free and what is needed', { skip: needsRoot }, async () => {
  const workDir = newWorkDir()
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', workDir])
  try {
    const cluster = await spawnCluster({ workDir })
    assert.equal(await cluster.ended(), 1)
    assert.match(cluster.output(), /The disk of .* has \d+ MiB free, at least \d+ MiB are needed: /)
  } finally {
    spawnSync('umount', [workDir])
    rmSync(workDir, { recursive: true })
  }
})

test('a work directory that cannot be written is named', async () => {
  const cluster = await spawnCluster({ workDir: '/proc/thermosphere' })
  assert.equal(await cluster.ended(), 1)
  assert.match(cluster.output(), /The work directory \/proc\/thermosphere .*: choose another with --work-dir\./)
})

test('a second cluster in the same work directory is refused', async () => {
  const cluster = await startCluster()
  const second = await spawnCluster({ workDir: cluster.workDir })
  assert.equal(await second.ended(), 1)
  assert.match(second.output(), /A cluster already runs in .*: stop it with `thermo down`/)
  await cluster.remove()
})

test('a flag that a part does not know stops the start with the part’s own words', async () => {
  const cluster = await spawnCluster({ flags: ['--master-flag', 'no_such_flag=1'] })
  assert.equal(await cluster.ended(), 1)
  assert.match(cluster.output(), /master did not start[\s\S]*no_such_flag/)
  assert.deepEqual(cluster.leftovers(), [])
  await cluster.remove()
})

test('an address that others can reach needs --insecure', async () => {
  const cluster = await spawnCluster({ flags: ['--ip', '0.0.0.0'] })
  assert.equal(await cluster.ended(), 1)
  assert.match(cluster.output(), /--insecure/)
  await cluster.remove()
})

test('after kill -9 of the supervisor the next start clears up and goes on', async () => {
  const workDir = newWorkDir()
  mkdirSync(workDir, { recursive: true })
  const first = await startCluster({ workDir })
  first.kill('SIGKILL')
  await first.ended()
  const second = await startCluster({ workDir, ports: first.ports })
  assert.match(second.output(), /An earlier cluster was not stopped/)
  assert.equal(await second.stop(), 0)
  assert.deepEqual(second.leftovers(), [])
  await second.remove()
})

import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { BUSYBOX_IMAGE } from '../testing/docker-engine.ts'
import { DockerWorkbench } from '../testing/docker-workbench.ts'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { until } from '../testing/workbench.ts'
import type { ContainerId } from '../containerizer.ts'

const options = { signal: new AbortController().signal }

describe('recovery of docker containers', { ...requireOrSkip('root', 'docker engine'), timeout: 120_000 }, () => {
  let bench: DockerWorkbench
  before(async () => {
    bench = await DockerWorkbench.start()
  })
  after(() => bench.close())

  test('a container outlives the agent; its output goes on where it stopped', async () => {
    const before = bench.spec(
      'i=0; while [ ! -e /mnt/mesos/sandbox/finish ]; do i=$((i+1)); echo line $i; sleep 0.02; done; exit 5',
    )
    writeFileSync(join(before.sandbox, 'stdout'), 'fetched\n')
    const handle = await bench.docker.launch(before, options)
    await until(() => bench.bench.output(handle.containerId).includes('line 5\n'))
    await bench.nextAgent()
    await sleep(200)
    assert.equal(await bench.docker.recover(handle), 'running')
    assert.ok(!(await bench.docker.destroyOrphans(new Set([handle.containerId]))).includes(handle.containerId))
    writeFileSync(join(before.sandbox, 'finish'), '')
    assert.equal((await bench.docker.wait(handle.containerId)).exitCode, 5)
    const [first, ...lines] = bench.bench.output(handle.containerId).trimEnd().split('\n')
    assert.equal(first, 'fetched')
    assert.deepEqual(
      lines,
      lines.map((_, index) => `line ${String(index + 1)}`),
    )
  })

  test('the end of a container while no agent lives is not lost, nor its last words', async () => {
    const handle = await bench.launch('sleep 0.3; echo last words; exit 6')
    await bench.nextAgent()
    await sleep(1_000)
    assert.equal(await bench.docker.recover(handle), 'ended')
    assert.equal((await bench.docker.wait(handle.containerId)).exitCode, 6)
    assert.equal(readFileSync(join(handle.sandbox, 'stdout'), 'utf8'), 'last words\n')
  })

  test('a container that somebody removed is recovered as ended without status', async () => {
    const handle = await bench.launch('sleep 60')
    await bench.nextAgent()
    await bench.engine.docker.getContainer(handle.dockerId ?? '').remove({ force: true })
    assert.equal(await bench.docker.recover(handle), 'ended')
    assert.match((await bench.docker.wait(handle.containerId)).message ?? '', /Exit status lost/)
  })

  test('[mesos 130] orphans are removed, containers of others are not', async () => {
    const foreign = await bench.engine.docker.createContainer({
      Image: BUSYBOX_IMAGE,
      Cmd: ['sleep', '60'],
      name: 'mesos-foreign',
    })
    const orphan = await bench.launch('sleep 60')
    await bench.nextAgent()
    assert.ok((await bench.docker.destroyOrphans(new Set<ContainerId>())).includes(orphan.containerId))
    assert.equal((await foreign.inspect()).State.Status, 'created')
    await foreign.remove()
  })

  test('a link in the sandbox does not lead the output to another file', async () => {
    const spec = bench.spec('echo secret')
    const victim = join(bench.bench.directory, 'victim')
    writeFileSync(victim, 'whole\n')
    symlinkSync(victim, join(spec.sandbox, 'stdout'))
    await bench.docker.launch(spec, options)
    assert.match((await bench.docker.wait(spec.containerId)).message ?? '', /output is incomplete/)
    assert.equal(readFileSync(victim, 'utf8'), 'whole\n')
  })

  test('a restart of the engine ends neither the container nor the wait for it', async () => {
    const spec = bench.spec('echo one; while [ ! -e /mnt/mesos/sandbox/finish ]; do sleep 0.05; done; echo two; exit 9')
    await bench.docker.launch(spec, options)
    const ended = bench.docker.wait(spec.containerId)
    await bench.engine.restart()
    writeFileSync(join(spec.sandbox, 'finish'), '')
    assert.deepEqual(await ended, { containerId: spec.containerId, exitCode: 9 })
    assert.equal(bench.bench.output(spec.containerId), 'one\ntwo\n')
  })
})

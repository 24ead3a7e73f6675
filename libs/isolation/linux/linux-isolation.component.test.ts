import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createContainerizers } from '../create-containerizers.ts'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { createWorkbench, MIB, until } from '../testing/workbench.ts'
import type { Workbench } from '../testing/workbench.ts'

const hasV1 = readdirSync('/sys/fs/cgroup').includes('memory')
const EAT = `head -c 200m /dev/zero | tail`

describe('linux isolation', { ...requireOrSkip('root', 'cgroups'), timeout: 120_000 }, () => {
  let bench: Workbench
  before(async () => {
    bench = await createWorkbench({ mode: 'linux' })
  })
  after(() => bench.close())

  const control = (controller: string, id: string, file: string): string => {
    const path = hasV1 ? join('/sys/fs/cgroup', controller) : '/sys/fs/cgroup'
    return readFileSync(join(path, bench.cgroupsRoot, id, file), 'utf8').trim()
  }

  test('[mesos 136] a task that exceeds its memory is ended with the reason', async () => {
    const { containerId } = await bench.launch(`exec sh -c '${EAT}'`, {
      limits: { cpusMilli: 100, memBytes: 32 * MIB },
    })
    const { limitation } = await bench.containerizer.wait(containerId)
    assert.equal(limitation?.resource, 'mem')
    assert.match(
      limitation.message,
      /^Memory limit exceeded: Requested: 32MB Maximum Used: 32MB\n\nMEMORY STATISTICS: \n/,
    )
    await bench.containerizer.destroy(containerId)
  })

  test('it ends as well when only a child was killed for its memory', async () => {
    const { containerId } = await bench.launch(`sh -c '${EAT}'; sleep 60`, {
      limits: { cpusMilli: 100, memBytes: 32 * MIB },
    })
    assert.equal((await bench.containerizer.wait(containerId)).limitation?.resource, 'mem')
    await bench.containerizer.destroy(containerId)
  })

  test('[mesos 144] processes of the container see only each other', async () => {
    const { containerId } = await bench.launch('echo $PPID; ls /proc | grep -c "^[0-9]"; hostname >/dev/null; sleep 60')
    const text = await until(() =>
      bench.output(containerId).split('\n').length > 2 ? bench.output(containerId) : undefined,
    )
    const [parent, count] = text.split('\n').map(Number)
    assert.equal(parent, 1)
    assert.ok((count ?? 99) <= 5)
    await bench.containerizer.destroy(containerId)
  })

  test('[mesos 141] no more processes are started than pidsMax allows', async () => {
    const limits = { cpusMilli: 100, memBytes: 64 * MIB, pidsMax: 8 }
    const { containerId } = await bench.launch('for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; wait', { limits })
    await until(() => /fork/i.test(bench.output(containerId, 'stderr')))
    await bench.containerizer.destroy(containerId)
  })

  test('nothing of a container stays in the cgroups', async () => {
    const { containerId } = await bench.launch('sleep 60')
    const nested = await bench.launch('sleep 60', { parent: containerId })
    await bench.containerizer.signal(nested.containerId, 'SIGTERM')
    assert.equal((await bench.containerizer.wait(nested.containerId)).signal, 15)
    await bench.containerizer.destroy(containerId)
    for (const controller of hasV1 ? ['cpu', 'cpuacct', 'memory', 'pids', 'freezer'] : ['.']) {
      const names = readdirSync(join('/sys/fs/cgroup', controller, bench.cgroupsRoot))
      assert.equal(names.includes(containerId), false)
    }
  })

  test('[mesos 154] volumes are mounted, read-only where asked, and unseen by the host', async () => {
    const source = join(bench.directory, 'volume')
    mkdirSync(join(source, 'sub'), { recursive: true })
    writeFileSync(join(source, 'file'), 'content\n')
    const mounts = [
      { source, target: 'data', readOnly: false },
      { source, target: 'fixed', readOnly: true },
      { source: join(source, 'file'), target: 'one/file', readOnly: true },
    ]
    const { containerId, sandbox } = await bench.launch(
      'cat data/file one/file; echo new >data/new; echo no >fixed/no',
      { mounts },
    )
    await bench.containerizer.wait(containerId)
    assert.equal(bench.output(containerId), 'content\ncontent\n')
    assert.match(bench.output(containerId, 'stderr'), /Read-only file system/)
    assert.deepEqual(readdirSync(source).sort(), ['file', 'new', 'sub'])
    assert.deepEqual(readdirSync(join(sandbox, 'data')), [])
    await bench.containerizer.destroy(containerId)
  })

  test('a link in the sandbox does not lead a mount out of it', async () => {
    const spec = bench.spec('true', { mounts: [{ source: '/tmp', target: 'link/etc', readOnly: false }] })
    const outside = join(bench.directory, 'outside')
    mkdirSync(outside)
    symlinkSync(outside, join(spec.sandbox, 'link'))
    const launch = bench.containerizer.launch(spec, { signal: new AbortController().signal })
    await assert.rejects(launch, { code: 'MOUNT_FAILED', message: /leads out of the sandbox/ })
  })

  test('a set-up that fails says why', async () => {
    const launch = bench.launch('true', { rlimits: [{ type: 'RLMT_NOFILE', soft: 2 ** 31, hard: 2 ** 31 }] })
    await assert.rejects(launch, { code: 'LAUNCH_FAILED', message: /the set-up of container .* failed: prlimit: / })
  })

  describe('limits', () => {
    test(
      'cpus become shares, a limit a quota, memory a soft and a hard limit',
      { skip: !hasV1 && 'needs cgroup v1' },
      async () => {
        const limits = {
          cpusMilli: 500,
          cpusLimitMilli: 1500,
          memBytes: 40 * MIB,
          memLimitBytes: 80 * MIB,
          pidsMax: 99,
        }
        const { containerId } = await bench.launch('cat /proc/self/oom_score_adj; sleep 60', { limits })
        assert.equal(control('cpu', containerId, 'cpu.shares'), '512')
        assert.equal(control('cpu', containerId, 'cpu.cfs_quota_us'), '150000')
        assert.equal(control('memory', containerId, 'memory.soft_limit_in_bytes'), String(40 * MIB))
        assert.equal(control('memory', containerId, 'memory.limit_in_bytes'), String(80 * MIB))
        assert.equal(control('pids', containerId, 'pids.max'), '99')
        assert.ok(Number(await until(() => bench.output(containerId) || undefined)) > 900)
        await bench.containerizer.update(containerId, { cpusMilli: 2000, memBytes: 30 * MIB })
        assert.equal(control('cpu', containerId, 'cpu.shares'), '2048')
        assert.equal(control('cpu', containerId, 'cpu.cfs_quota_us'), '-1')
        assert.equal(control('memory', containerId, 'memory.soft_limit_in_bytes'), String(32 * MIB))
        assert.equal(control('memory', containerId, 'memory.limit_in_bytes'), String(80 * MIB))
        await bench.containerizer.update(containerId, { cpusMilli: 2000, memBytes: 100 * MIB })
        assert.equal(control('memory', containerId, 'memory.limit_in_bytes'), String(100 * MIB))
        const usage = await bench.containerizer.usage(containerId)
        assert.equal(usage?.cpusLimit, 2)
        assert.equal(usage.memLimitBytes, 100 * MIB)
        await bench.containerizer.destroy(containerId)
      },
    )

    test(
      '[mesos 135] with CFS enabled every container is capped at its cpus',
      { skip: !hasV1 && 'needs cgroup v1' },
      async () => {
        const capped = await createWorkbench({ mode: 'linux', isCfsEnabled: true, cgroupsRoot: bench.cgroupsRoot })
        const { containerId } = await capped.launch('while :; do :; done', {
          limits: { cpusMilli: 100, memBytes: 32 * MIB },
        })
        assert.equal(control('cpu', containerId, 'cpu.cfs_quota_us'), '10000')
        await until(async () => ((await capped.containerizer.usage(containerId))?.cpusNrThrottled ?? 0) > 0)
        await capped.close()
      },
    )
  })

  test('the choice of isolation is explained', async () => {
    const runtimeDir = join(bench.directory, 'other')
    assert.match(bench.containerizers.describe(), /cgroups v[12] and pid and mount namespaces/)
    const auto = await createContainerizers({ runtimeDir, mode: 'auto', cgroupsRoot: bench.cgroupsRoot })
    assert.equal(auto.process.name, 'linux')
    const without = { runtimeDir, cgroupsMountPoint: join(bench.directory, 'nowhere') }
    const fallback = await createContainerizers({ ...without, mode: 'auto' })
    assert.equal(fallback.process.name, 'posix')
    assert.match(fallback.describe(), /plain processes .* because the cgroup controller cpu is not mounted/)
    await assert.rejects(createContainerizers({ ...without, mode: 'linux' }), {
      code: 'CGROUPS_UNAVAILABLE',
      message: /linux isolation was asked for, but/,
    })
    await Promise.all([auto.close(), fallback.close()])
  })
})

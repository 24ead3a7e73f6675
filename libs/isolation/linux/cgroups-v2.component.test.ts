import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ProcessContainerizer } from '../process/process-containerizer.ts'
import { RuntimeDirectory } from '../supervision/runtime-directory.ts'
import { requireOrSkip, unifiedMountPoint } from '../testing/require-or-skip.ts'
import { createWorkbench, newId, processesWith, until } from '../testing/workbench.ts'
import { CgroupsV2 } from './cgroups-v2.ts'
import { LinuxIsolation } from './linux-isolation.ts'
import type { Workbench } from '../testing/workbench.ts'

/** Grouping and killing on the real tree; whether it has controllers depends on the host, so none is asked for. */
describe('cgroup v2', { ...requireOrSkip('root', 'unified cgroup tree'), timeout: 60_000 }, () => {
  const root = `thermosphere-test-${String(process.pid)}`
  const mountPoint = unifiedMountPoint() ?? ''
  const cgroups = new CgroupsV2({ mountPoint, root, isCfsEnabled: false, controllers: [] })
  let bench: Workbench
  before(async () => {
    bench = await createWorkbench()
    await cgroups.prepare()
  })
  after(async () => {
    await bench.close()
    rmdirSync(join(mountPoint, root))
  })

  test('a process places itself, and all of them end at once', async () => {
    const place = { containerId: newId('group') }
    await cgroups.create(place)
    const script = [...cgroups.joinLines(place), 'sleep 60 & setsid sleep 60 & sleep 60'].join('\n')
    const child = spawn('/bin/sh', ['-c', script])
    await until(async () => (await cgroups.members(place)).length === 4)
    await cgroups.killAll(place)
    const [, signal] = (await once(child, 'exit')) as [number | null, string]
    assert.equal(signal, 'SIGKILL')
    await cgroups.remove(place)
  })

  test('frozen processes end as well', async () => {
    const place = { containerId: newId('frozen') }
    await cgroups.create(place)
    const child = spawn('/bin/sh', ['-c', [...cgroups.joinLines(place), 'sleep 60'].join('\n')])
    await until(async () => (await cgroups.members(place)).length === 2)
    const directory = join(mountPoint, root, place.containerId)
    writeFileSync(join(directory, 'cgroup.freeze'), '1')
    await until(() => readFileSync(join(directory, 'cgroup.events'), 'utf8').includes('frozen 1'))
    await cgroups.killAll(place)
    await once(child, 'exit')
    await cgroups.remove(place)
  })

  test('containers live, nest, end and are cleared away', async () => {
    const runtime = new RuntimeDirectory(join(bench.directory, 'unified'))
    await runtime.prepare()
    const containerizer = new ProcessContainerizer(runtime, new LinuxIsolation(cgroups))
    const options = { signal: new AbortController().signal }
    const mark = newId('unified')
    const parent = bench.spec(`sleep 60; : ${mark}`)
    const nested = bench.spec(`setsid sh -c 'sleep 60; : ${mark}' & sleep 60; : ${mark}`, {
      parent: parent.containerId,
    })
    await containerizer.launch(parent, options)
    await containerizer.launch(nested, options)
    await containerizer.signal(nested.containerId, 'SIGKILL')
    assert.equal((await containerizer.wait(nested.containerId)).signal, 9)
    assert.ok((await containerizer.usage(parent.containerId))?.processes)
    const ended = containerizer.wait(parent.containerId)
    await containerizer.destroy(parent.containerId)
    assert.equal((await ended).signal, 9)
    assert.deepEqual(processesWith(mark), [])
    await containerizer.close()
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { createWorkbench, newId, processesWith, until } from '../testing/workbench.ts'
import { isAlive, readProcessStat } from './process-table.ts'
import type { ContainerHandle, ContainerSpec } from '../containerizer.ts'
import type { Workbench } from '../testing/workbench.ts'

const AGENT = join(import.meta.dirname, '../testing/short-lived-agent.ts')

for (const mode of ['posix', 'linux'] as const) {
  const needs = mode === 'linux' ? requireOrSkip('root', 'cgroups') : {}
  describe(`recovery of ${mode} containers`, { ...needs, timeout: 120_000 }, () => {
    let bench: Workbench
    before(async () => {
      bench = await createWorkbench({ mode })
    })
    after(() => bench.close())

    /** An agent of its own launches the container and dies by kill -9 while it runs. */
    const launchAndLoseAgent = async (spec: ContainerSpec): Promise<ContainerHandle> => {
      const agentOptions = { runtimeDir: join(bench.directory, 'runtime'), mode, cgroupsRoot: bench.cgroupsRoot }
      const args = [AGENT, JSON.stringify(agentOptions), JSON.stringify(spec)]
      const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const [line] = (await once(createInterface(agent.stdout), 'line')) as [string]
      agent.kill('SIGKILL')
      await once(agent, 'exit')
      return JSON.parse(line) as ContainerHandle
    }

    test('a task outlives its agent, and the next one learns how it ends', async () => {
      const spec = bench.spec('echo $$ >pid; while [ ! -e finish ]; do sleep 0.02; done; exit 42')
      const handle = await launchAndLoseAgent(spec)
      assert.equal(isAlive(handle), true)
      assert.equal(await bench.containerizer.recover(handle), 'running')
      const ended = bench.containerizer.wait(handle.containerId)
      writeFileSync(join(spec.sandbox, 'finish'), '')
      assert.deepEqual(await ended, { containerId: spec.containerId, exitCode: 42 })
      await bench.containerizer.destroy(spec.containerId)
    })

    test('the end of a task while no agent lives is not lost', async () => {
      const handle = await launchAndLoseAgent(bench.spec('sleep 0.3; kill -USR1 $$'))
      await until(() => !isAlive(handle))
      assert.equal(await bench.containerizer.recover(handle), 'ended')
      assert.equal((await bench.containerizer.wait(handle.containerId)).signal, 10)
      await bench.containerizer.destroy(handle.containerId)
    })

    test('a recovered task can be signalled, looked into and destroyed', async () => {
      const mark = newId('recovered')
      const spec = bench.spec(`trap "exit 9" TERM; : >ready; sleep 60 & wait; : ${mark}`)
      const handle = await launchAndLoseAgent(spec)
      await bench.containerizer.recover(handle)
      // Before its trap is set the signal would end it.
      await until(() => existsSync(join(spec.sandbox, 'ready')))
      await until(async () => ((await bench.containerizer.usage(handle.containerId))?.processes ?? 0) >= 2)
      await bench.containerizer.signal(handle.containerId, 'SIGTERM')
      assert.equal((await bench.containerizer.wait(handle.containerId)).exitCode, 9)
      await bench.containerizer.destroy(handle.containerId)
      assert.deepEqual(processesWith(mark), [])
    })

    test('a supervisor that is killed leaves a termination without status', async () => {
      const handle = await bench.launch('sleep 60')
      const ended = bench.containerizer.wait(handle.containerId)
      process.kill(handle.pid, 'SIGKILL')
      const { exitCode, signal, message } = await ended
      assert.deepEqual({ exitCode, signal }, { exitCode: undefined, signal: undefined })
      assert.match(message ?? '', /Exit status lost/)
      await bench.containerizer.destroy(handle.containerId)
    })

    test('a process that has got the pid of an ended task is neither recovered nor harmed', async () => {
      const bystander = spawn('/bin/sleep', ['60'], { detached: true })
      const stat = readProcessStat(bystander.pid ?? 0)
      assert.ok(stat !== undefined)
      const { containerId, sandbox } = bench.spec('')
      const handle: ContainerHandle = {
        containerId,
        containerizer: mode,
        sandbox,
        pid: stat.pid,
        startTicks: stat.startTicks - 1,
        launchedAt: 0,
      }
      assert.equal(await bench.containerizer.recover(handle), 'ended')
      assert.match((await bench.containerizer.wait(containerId)).message ?? '', /lost/)
      await bench.containerizer.signal(containerId, 'SIGKILL')
      await bench.containerizer.destroy(containerId)
      assert.equal(isAlive(stat), true)
      bystander.kill('SIGKILL')
    })

    test('what a dead agent launched and never checkpointed is ended as an orphan', async () => {
      const mark = newId('lost')
      const spec = bench.spec(`sleep 60; : ${mark}`)
      await launchAndLoseAgent(spec)
      assert.ok(processesWith(mark).length > 0)
      assert.deepEqual(await bench.containerizer.destroyOrphans(new Set()), [spec.containerId])
      assert.deepEqual(processesWith(mark), [])
    })
  })
}

/** Containers whose agent is gone: some end with it, the others when nobody came for them in time. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWorkbench, newId, processesWith, shell, until } from '../testing/workbench.ts'
import type { ContainerHandle, ContainerSpec } from '../containerizer.ts'
import type { Workbench } from '../testing/workbench.ts'

let bench: Workbench
let agents: ChildProcess[] = []

beforeEach(async () => {
  bench = await createWorkbench()
})
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.kill('SIGKILL')
  await bench.close()
})

const runtimeDir = (): string => join(bench.directory, 'runtime')

/** Whoever sleeps so long is the task. */
let count = 0
const uniqueSleep = (): string => `sleep ${String(200_000 + (process.pid % 10_000) * 10 + count++)}`

type Start = { readonly command: string; readonly recoveryTimeoutMs: number; readonly more?: Partial<ContainerSpec> }

/** An agent with one container, as a process that can be killed. */
async function startAgent({ command, recoveryTimeoutMs, more = {} }: Start) {
  const agentWatch = { recoveryTimeoutMs, graceMs: 1000 }
  const options = { runtimeDir: runtimeDir(), mode: 'posix', agentWatch }
  const spec = bench.spec('', { command: shell(command), containerId: newId('watched'), ...more })
  const path = join(import.meta.dirname, '..', 'testing', 'short-lived-agent.ts')
  const agent = spawn(process.execPath, [path, JSON.stringify(options), JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  agents = [...agents, agent]
  const [line] = (await once(agent.stdout, 'data')) as [Buffer]
  const handle = JSON.parse(line.toString()) as ContainerHandle
  await until(() => existsSync(join(runtimeDir(), 'watch')))
  const kill = async (): Promise<void> => {
    agent.kill('SIGKILL')
    await once(agent, 'exit')
  }
  return { kill, handle, status: join(runtimeDir(), 'ended', handle.containerId) }
}

const isRunning = (command: string): boolean => processesWith(command.replace(' ', '\0')).length > 0
const isGone = async (command: string): Promise<boolean> => until(() => !isRunning(command))

suite('after kill -9 of the agent', () => {
  test('[mesos 126] a container that is to end with it does, and its status tells how', async () => {
    const command = uniqueSleep()
    const agent = await startAgent({ command, recoveryTimeoutMs: 600_000, more: { endsWithAgent: true } })
    await until(() => isRunning(command))
    await agent.kill()
    await isGone(command)
    assert.equal(await until(() => existsSync(agent.status) && readFileSync(agent.status, 'utf8')), 'signal 15\n')
    await until(() => processesWith(runtimeDir()).length === 0)
  })

  test('[mesos 126] one that does not mind SIGTERM is killed after the grace', async () => {
    const command = uniqueSleep()
    const deaf = `trap '' TERM; while :; do ${command}; done`
    const agent = await startAgent({ command: deaf, recoveryTimeoutMs: 600_000, more: { endsWithAgent: true } })
    await until(() => isRunning(command))
    await agent.kill()
    assert.equal(await until(() => existsSync(agent.status) && readFileSync(agent.status, 'utf8')), 'signal 9\n')
    await isGone(command)
  })

  test('[mesos 127] another container waits for the recovery timeout, and ends then', async () => {
    const command = uniqueSleep()
    const agent = await startAgent({ command, recoveryTimeoutMs: 4000 })
    await until(() => isRunning(command))
    await agent.kill()
    await sleep(1000)
    assert.ok(isRunning(command))
    await isGone(command)
    await until(() => processesWith(runtimeDir()).length === 0)
  })

  test('[mesos 127] it lives on when another agent came in time', async () => {
    const command = uniqueSleep()
    const first = await startAgent({ command, recoveryTimeoutMs: 4000 })
    await until(() => isRunning(command))
    await first.kill()
    await startAgent({ command: uniqueSleep(), recoveryTimeoutMs: 600_000 })
    await until(() => processesWith('agent-watch\0' + runtimeDir()).length === 1)
    await sleep(4500)
    assert.ok(isRunning(command))
  })
})

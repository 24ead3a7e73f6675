/** Agents that are killed in the middle of things, with real processes: nothing runs twice, nothing is forgotten. */
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readdir, readFile, truncate } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentProcess, FRAMEWORK } from './testing/agent-process.ts'

const TERMINAL = /FINISHED|FAILED|KILLED|GONE|LOST|DROPPED/
const isRoot = process.getuid?.() === 0

let agent: AgentProcess

beforeEach(async () => {
  agent = await AgentProcess.start(['--executor_reregistration_timeout=500ms'])
  await agent.master.wait(() => existsSync(join(agent.workDir, 'meta', 'slaves', 'latest')))
})
afterEach(() => agent.close())

const shell = (value: string) => ({ command: { shell: true, value } })
const journalPath = (): string => join(agent.workDir, 'meta', 'agent.journal')

/** The command tells that it began, then sleeps for a time that is its own: whoever sleeps so long is the task. */
const seconds = new Map<string, string>()
const secondsOf = (id: string): string =>
  seconds.getOrInsertComputed(id, () => `${100_000 + (process.pid % 10_000) * 1_000 + seconds.size}`)
const tellingCommand = (id: string): string => `echo began >> ${agent.workDir}/ran-${id}; exec sleep ${secondsOf(id)}`

async function running(id: string): Promise<mesos.TaskStatus> {
  agent.runTask({ id, ...shell(tellingCommand(id)) })
  const status = await agent.master.state(id, 'TASK_RUNNING')
  await agent.master.wait(() => aliveCount(id) === 1)
  return status
}

function beganCount(id: string): number {
  const path = `${agent.workDir}/ran-${id}`
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0
}

function aliveCount(...ids: readonly string[]): number {
  const wanted = new Set(ids.map((id) => `sleep\0${secondsOf(id)}\0`))
  const commandOf = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && wanted.has(commandOf(name))).length
}

const reregistrations = (): number => agent.master.messages.filter(({ type }) => type === 'REREGISTER').length

async function reregistered(after: number): Promise<void> {
  await agent.master.wait(() => reregistrations() > after)
}

test('[mesos 124] an agent killed at any moment of a launch: the task runs once, or is over; never both, never neither', async () => {
  // Later kills come when most launches are through: the spread covers before, during and after each of them.
  for (let round = 0; round < 12; round++) {
    const ids = [0, 1, 2].map((index) => `r${round}-${index}`)
    for (const id of ids) agent.runTask({ id, ...shell(tellingCommand(id)) })
    agent.master.reconcileTasks = ids.map((id) => ({
      task_id: { value: id },
      framework_id: FRAMEWORK.id ?? { value: '' },
      framework_info: FRAMEWORK,
    }))
    await sleep(round * 8)
    await agent.kill('SIGKILL')
    const before = reregistrations()
    agent.run()
    await reregistered(before)
    for (const id of ids) {
      const end = await agent.master.wait(() =>
        agent.master.statuses(id).find(({ state }) => state === 'TASK_RUNNING' || TERMINAL.test(state)),
      )
      const isOver = agent.master.states(id).some((state) => TERMINAL.test(state))
      if (!isOver) await agent.master.wait(() => aliveCount(id) === 1)
      assert.ok(beganCount(id) <= 1, `${id} began ${beganCount(id)} times`)
      assert.equal(aliveCount(id), isOver ? 0 : 1, `processes of ${id}, which is ${end.state}`)
    }
  }
})

test('an agent killed while it fetches: the task never begins and is told to be over', async () => {
  const asked: ServerResponse[] = []
  const server: Server = createServer((_request, response) => void asked.push(response.writeHead(200)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const uris = [{ value: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slow` }]
  agent.runTask({ id: 'f', command: { shell: true, value: tellingCommand('f'), uris } })
  await agent.master.wait(() => asked.length > 0)
  await agent.restart()
  await agent.master.state('f', 'TASK_GONE')
  assert.deepEqual([beganCount('f'), asked.length], [0, 1])
  server.closeAllConnections()
  server.close()
})

test(
  '[reliability R7] after a reboot every task is over at the first re-registration, and nothing of it is left',
  { skip: isRoot ? false : 'needs root' },
  async () => {
    for (const id of ['a', 'b', 'c']) await running(id)
    const first = agent.master.messages.length
    await agent.kill('SIGKILL')
    const bootFile = join(agent.workDir, 'boot-id')
    writeFileSync(bootFile, '00000000-0000-4000-8000-000000000000\n')
    agent.run({ bootFile })
    for (const id of ['a', 'b', 'c']) {
      assert.equal((await agent.master.state(id, 'TASK_GONE')).message, 'The machine was rebooted')
    }
    assert.equal(agent.master.messages.slice(first).filter(({ type }) => type === 'REREGISTER').length, 1)
    assert.equal(aliveCount('a', 'b', 'c'), 0)
  },
)

test('[reliability R8] a cut journal stops a strict agent with one sentence; --strict=false goes on, and orphans end', async () => {
  await running('old')
  const { length } = await readFile(journalPath())
  await running('new')
  await agent.kill('SIGKILL')
  await truncate(journalPath(), length)
  agent.run()
  assert.notEqual(await agent.ended(), 0)
  assert.match(
    agent.errors,
    /agent\.journal cannot be trusted: it ends at byte \d+, but \d+ bytes were on disk; restore/,
  )
  assert.equal(aliveCount('old', 'new'), 2, 'a refusal touches no task')
  agent.master.reconcileTasks = [{ framework_id: FRAMEWORK.id ?? { value: '' }, task_id: { value: 'new' } }]
  agent.run({ flags: ['--strict=false'] })
  await agent.master.state('new', 'TASK_DROPPED')
  assert.equal(aliveCount('new'), 0)
  assert.equal(aliveCount('old'), 1)
  const metrics = await agent.json<Record<string, number>>('/metrics/snapshot')
  assert.equal(metrics['slave/recovery_errors'], 1)
  const names = await readdir(join(agent.workDir, 'meta'))
  assert.equal(names.filter((name) => name.startsWith('agent.journal.damaged-')).length, 1)
})

test('[mesos 126] tasks of a framework that does not checkpoint end with their agent, others wait for it', async () => {
  await running('keeps')
  const framework = { ...FRAMEWORK, id: { value: 'b9b4a4ff-6f2e-4d0e-9c6a-000000000000-0001' }, checkpoint: false }
  agent.runTask({ id: 'ends', ...shell(tellingCommand('ends')) }, framework)
  await agent.master.wait(() => aliveCount('ends') === 1)
  await agent.kill('SIGKILL')
  await agent.master.wait(() => aliveCount('ends') === 0)
  assert.equal(aliveCount('keeps'), 1)
  const before = reregistrations()
  agent.run()
  await reregistered(before)
  const told = agent.master.messages.findLast((message) => message.reregister)?.reregister
  assert.deepEqual(
    told?.tasks?.map(({ task }) => [task.task_id.value, task.state]),
    [['keeps', 'TASK_RUNNING']],
  )
})

test('[mesos 127] tasks wait for another agent as long as --recovery_timeout, and their end is told by one that is late', async () => {
  await agent.kill('SIGKILL')
  agent.run({ flags: ['--recovery_timeout=3secs'] })
  await agent.master.wait(() => reregistrations() > 0)
  await running('waits')
  await agent.kill('SIGKILL')
  await sleep(1500)
  assert.equal(aliveCount('waits'), 1)
  await agent.master.wait(() => aliveCount('waits') === 0)
  agent.run()
  const end = await agent.master.state('waits', 'TASK_FAILED')
  assert.equal(end.message, 'Command terminated with signal Terminated')
})

test('[mesos 25] a changed configuration stops the agent in Mesos’ words and touches nothing', async () => {
  await running('t')
  await agent.kill('SIGKILL')
  agent.run({ flags: ['--attributes=rack:r1'] })
  assert.notEqual(await agent.ended(), 0)
  assert.match(agent.errors, /not permitted under 'equal' policy: Attributes changed from none to rack:r1/)
  assert.equal(aliveCount('t'), 1)
  const before = reregistrations()
  agent.run({ flags: ['--attributes=rack:r1', '--reconfiguration_policy=additive'] })
  await reregistered(before)
  assert.equal(aliveCount('t'), 1)
})

test('--recover=cleanup ends what an earlier agent left, then the agent, and no master hears of it', async () => {
  await running('t')
  await agent.kill('SIGKILL')
  const heard = agent.master.messages.length
  agent.run({ flags: ['--recover=cleanup'] })
  assert.equal(await agent.ended(), 0)
  assert.equal(aliveCount('t'), 0)
  assert.equal(agent.master.messages.length, heard)
})

/** Persistent volumes on real disks of each kind: directories of the work directory and of a PATH disk, a whole mount. */
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { AgentProcess, scalar } from './testing/agent-process.ts'

const isRoot = process.getuid?.() === 0
const reservations = [{ type: 'DYNAMIC' as const, role: 'test', principal: 'p' }]

let agent: AgentProcess
let directory = ''
let operationCount = 0

type Source = mesos.Resource_DiskInfo_Source | undefined

const pathRoot = (): string => join(directory, 'path')
const mountRoot = (): string => join(directory, 'mount')
const pathDisk = (): Source => ({ type: 'PATH', path: { root: pathRoot() } })
const mountDisk = (): Source => ({ type: 'MOUNT', mount: { root: mountRoot() } })

const diskOf = (source: Source, megabytes: number): mesos.Resource => ({
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: megabytes },
  ...(source && { disk: { source } }),
})

function volumeOf(id: string, source: Source, change: Partial<mesos.Resource> = {}): mesos.Resource {
  const volume = { container_path: 'data', mode: 'RW' as const }
  const disk = { ...(source && { source }), persistence: { id, principal: 'p' }, volume }
  return { ...diskOf(source, 16), reservations, disk, ...change }
}

const used = (volume: mesos.Resource): mesos.Resource => ({ ...volume, allocation_info: { role: 'test' } })

/** Resolves with how it ended. */
async function operate(operation: mesos.Offer_Operation): Promise<string> {
  const operation_uuid = { value: new Uint8Array(16).fill(++operationCount) }
  agent.master.send({ type: 'APPLY_OPERATION', apply_operation: { operation, operation_uuid } })
  const told = await agent.master.wait(({ messages }) =>
    messages.findLast(({ operation_status: status }) => status?.operation_uuid.value[0] === operationCount),
  )
  return told.operation_status?.status.state ?? ''
}

async function create(volume: mesos.Resource): Promise<void> {
  const { persistence: _persistence, volume: _volume, ...disk } = volume.disk ?? {}
  const { shared: _shared, ...rest } = volume
  const reserved: mesos.Resource = { ...rest, ...(disk.source ? { disk } : { disk: undefined }) }
  assert.equal(await operate({ type: 'RESERVE', reserve: { resources: [reserved] } }), 'OPERATION_FINISHED')
  assert.equal(await operate({ type: 'CREATE', create: { volumes: [volume] } }), 'OPERATION_FINISHED')
}

const destroy = (volume: mesos.Resource): Promise<string> =>
  operate({ type: 'DESTROY', destroy: { volumes: [volume] } })

function start(id: string, volume: mesos.Resource, value: string): void {
  const resources = [scalar('cpus', 0.1), scalar('mem', 32), used(volume)]
  agent.runTask({ id, command: { shell: true, value }, resources })
}

async function run(id: string, volume: mesos.Resource, command: string): Promise<void> {
  start(id, volume, command)
  await agent.master.state(id, 'TASK_FINISHED')
}

suite('persistent volumes', { skip: isRoot ? false : 'needs root' }, () => {
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'agent-disks-'))
    mkdirSync(pathRoot())
    mkdirSync(mountRoot())
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mountRoot()])
    const plain = ['cpus', 'mem'].map((name) => ({ name, type: 'SCALAR', scalar: { value: 1024 } }))
    const disks = [diskOf(undefined, 1024), diskOf(pathDisk(), 1024), diskOf(mountDisk(), 16)]
    agent = await AgentProcess.start([`--resources=${JSON.stringify([...plain, ...disks])}`])
  })
  after(async () => {
    await agent.close()
    execFileSync('umount', ['-l', mountRoot()])
    rmSync(directory, { recursive: true, force: true })
  })

  for (const [title, source, path] of [
    ['[mesos 81] [mesos 83] of the work directory', () => undefined, () => `${agent.workDir}/volumes/roles/test/plain`],
    ['[mesos 86] of a PATH disk', pathDisk, () => join(pathRoot(), 'volumes/roles/test/plain')],
  ] as const) {
    test(`${title} is a directory that keeps its data from task to task, and goes with it`, async () => {
      const volume = volumeOf('plain', source())
      await create(volume)
      const name = title.length
      await run(`write-${name}`, volume, 'echo kept >data/file')
      assert.equal(readFileSync(join(path(), 'file'), 'utf8'), 'kept\n')
      await run(`read-${name}`, volume, 'grep -q kept data/file')
      assert.equal(await destroy(volume), 'OPERATION_FINISHED')
      await agent.master.wait(() => !existsSync(path()))
    })
  }

  test('[mesos 87] of a MOUNT disk is the whole mount with what is in it; the data go with it and the mount stays', async () => {
    writeFileSync(join(mountRoot(), 'before'), 'x')
    const volume = volumeOf('whole', mountDisk())
    await create(volume)
    await run('mount-1', volume, 'test -e data/before && echo kept >data/file')
    await run('mount-2', volume, 'grep -q kept data/file')
    assert.deepEqual(readdirSync(mountRoot()).toSorted(), ['before', 'file'])
    assert.equal(await destroy(volume), 'OPERATION_FINISHED')
    await agent.master.wait(() => readdirSync(mountRoot()).length === 0)
    execFileSync('mountpoint', ['-q', mountRoot()])
  })

  test('[mesos 85] a shared volume is there for two tasks at once', async () => {
    const volume = volumeOf('both', undefined, { shared: {} })
    await create(volume)
    start('shared-1', volume, 'echo one >data/one; until [ -e data/two ]; do sleep 0.1; done')
    await agent.master.state('shared-1', 'TASK_RUNNING')
    start('shared-2', volume, 'until [ -e data/one ]; do sleep 0.1; done; echo two >data/two')
    await agent.master.state('shared-2', 'TASK_FINISHED')
    await agent.master.state('shared-1', 'TASK_FINISHED')
  })

  // The last one: whoever sends an operation after one that failed has to know the new version of the resources.
  test('[mesos 87] two volumes on one MOUNT disk are refused', async () => {
    const half = volumeOf('half', mountDisk(), { scalar: { value: 8 } })
    assert.equal(await operate({ type: 'CREATE', create: { volumes: [half] } }), 'OPERATION_DROPPED')
  })
})

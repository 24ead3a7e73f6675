import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { makeVolume, removeVolume } from './volumes.ts'

suite('directories of volumes', () => {
  let root = ''
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'volumes-'))
  })
  after(() => rm(root, { recursive: true, force: true }))

  test('[mesos 86] one below the root of a disk is made with its parents, and removed with all that is in it', async () => {
    const path = join(root, 'path', 'volumes', 'roles', 'r', 'v')
    await makeVolume(path)
    await makeVolume(join(root, 'path', 'volumes', 'roles', 'r', 'other'))
    await mkdir(join(path, 'deep'))
    await writeFile(join(path, 'deep', 'file'), 'x')
    await removeVolume(path, { keepRoot: false })
    assert.deepEqual(await readdir(join(path, '..')), ['other'])
    await removeVolume(path, { keepRoot: false })
  })

  test('[mesos 87] of one that is a whole disk the contents go and the root stays', async () => {
    const path = join(root, 'mount')
    await makeVolume(path)
    await mkdir(join(path, 'deep'))
    await writeFile(join(path, 'deep', 'file'), 'x')
    await writeFile(join(path, '.hidden'), 'x')
    await makeVolume(path)
    await removeVolume(path, { keepRoot: true })
    assert.deepEqual(await readdir(path), [])
  })
})

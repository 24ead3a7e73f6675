import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Volumes } from './volumes.ts'

suite('directories of volumes', () => {
  let root = ''
  const volumes = new Volumes()
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'volumes-'))
  })
  after(() => rm(root, { recursive: true, force: true }))

  test('[mesos 86] one below the root of a disk is made with its parents, and removed with all that is in it', async () => {
    const path = join(root, 'path', 'volumes', 'roles', 'r', 'v')
    await volumes.make(path)
    await volumes.make(join(root, 'path', 'volumes', 'roles', 'r', 'other'))
    await mkdir(join(path, 'deep'))
    await writeFile(join(path, 'deep', 'file'), 'x')
    await volumes.remove(path, { keepRoot: false })
    assert.deepEqual(await readdir(join(path, '..')), ['other'])
    await volumes.remove(path, { keepRoot: false })
  })

  test('[mesos 87] of one that is a whole disk the contents go and the root stays', async () => {
    const path = join(root, 'mount')
    await volumes.make(path)
    await mkdir(join(path, 'deep'))
    await writeFile(join(path, 'deep', 'file'), 'x')
    await writeFile(join(path, '.hidden'), 'x')
    await volumes.make(path)
    await volumes.remove(path, { keepRoot: true })
    assert.deepEqual(await readdir(path), [])
  })

  test('[mesos 85] one that is destroyed and made again at once is there and empty, and whoever waits finds it so', async () => {
    const path = join(root, 'again')
    await volumes.make(path)
    for (let count = 0; count < 200; count++) await writeFile(join(path, `${count}`), 'x')
    const removed = volumes.remove(path, { keepRoot: false })
    const made = volumes.make(path)
    await volumes.settled([path])
    assert.deepEqual(await readdir(path), [])
    await Promise.all([removed, made])
  })

  test('work that fails does not hold up the next', async () => {
    const path = join(root, 'missing')
    const failed = volumes.remove(path, { keepRoot: true })
    const made = volumes.make(path)
    await assert.rejects(failed, { code: 'ENOENT' })
    await made
    assert.deepEqual(await readdir(path), [])
  })
})

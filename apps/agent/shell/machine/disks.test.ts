import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { suite, test } from 'node:test'
import { diskProblem, mountPoints } from './disks.ts'

const mount = (root: string) => ({
  name: 'disk',
  type: 'SCALAR' as const,
  scalar: { value: 1 },
  disk: { source: { type: 'MOUNT' as const, mount: { root } } },
})

suite('disks of --resources', () => {
  test('[mesos 87] a MOUNT disk must be a mount point', async () => {
    assert.equal(await diskProblem([mount('/proc'), { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }]), undefined)
    assert.match(
      (await diskProblem([mount('/proc'), mount(`${tmpdir()}/no`)])) ?? '',
      /"\S+\/no" is no mount point; mount/,
    )
  })

  test('mount points are read with their blanks', () => {
    const text = '36 35 98:0 / /mnt/a\\040b rw,noatime - ext3 /dev/root rw\n37 35 98:0 /x /c rw - ext3 /dev/root rw\n'
    assert.deepEqual([...mountPoints(text)], ['/mnt/a b', '/c'])
  })
})

/** Three masters on three etcd members which lose processes and disks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { EtcdCluster } from '@thermosphere/store/testing'
import { locationOf, look, MasterGroup, post, soon } from './testing/master-group.ts'
import type { ServerProcess } from './testing/master-group.ts'
import { looseJson } from './testing/running-master.ts'

const quotaOf = (role: string): RequestInit =>
  post({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [{ role, limits: { cpus: { value: 2 } } }] } })

const rolesWithQuota = async (master: ServerProcess): Promise<(string | undefined)[]> => {
  const { configs } = (await looseJson(look(`${master.url}/quota`))) as unknown as { configs?: { role: string }[] }
  return (configs ?? []).map(({ role }) => role).sort()
}

async function startGroup(context: TestContext): Promise<{ etcd: EtcdCluster; group: MasterGroup }> {
  const etcd = await EtcdCluster.start({ members: 3 })
  context.after(() => etcd.close())
  const group = await MasterGroup.start(
    () => `etcd://${etcd.endpoints.join()}/thermosphere`,
    ['--zk_session_timeout=5secs'],
  )
  context.after(() => group.close())
  // A master that does not reach its store when it starts gives up.
  await soon('three masters', async () => {
    const answers = await Promise.all(group.masters.map(({ url }) => locationOf(`${url}/redirect`)))
    return answers.every(([status]) => status === 307)
  })
  return { etcd, group }
}

/** The members may have to elect a leader among themselves first, and the masters after them. */
async function setQuota(group: MasterGroup, role: string): Promise<ServerProcess | false> {
  const leader = await group.leader()
  const { status } = await look(`${leader.url}/api/v1`, { ...quotaOf(role), signal: AbortSignal.timeout(20_000) })
  return status === 200 && leader
}

test('[mesos 196] without one of three etcd members writes work; without two nobody leads, until they are back', async (context) => {
  const { etcd, group } = await startGroup(context)
  const [first, second] = etcd.members
  assert.ok(first !== undefined && second !== undefined)
  await first.kill()
  const leader = await soon('a write with two members', () => setQuota(group, 'two'))
  await second.kill()
  await soon('nobody to lead', async () => {
    const answers = await Promise.all(group.masters.map(({ url }) => locationOf(`${url}/state`)))
    return answers.every(([status]) => status === 503)
  })
  assert.equal((await look(`${leader.url}/api/v1`, quotaOf('one'))).status, 503)
  first.start()
  second.start()
  await etcd.ready()
  const next = await soon('a write with three members', () => setQuota(group, 'three'))
  assert.deepEqual(await rolesWithQuota(next), ['three', 'two'])
})

test('[mesos 197] a member that lost its disk catches up: the registry outlives all members that had one before', async (context) => {
  const { etcd, group } = await startGroup(context)
  await soon('a write', () => setQuota(group, 'first'))
  for (const member of etcd.members) {
    await etcd.replaceDisk(member)
    await soon(`${member.name} to answer`, () =>
      etcd.ctl(['endpoint', 'health'], [member.endpoint]).then(
        () => true,
        () => false,
      ),
    )
    await soon('a write afterwards', () => setQuota(group, member.name))
  }
  assert.deepEqual(await rolesWithQuota(await group.leader()), ['first', 'm1', 'm2', 'm3'])
})

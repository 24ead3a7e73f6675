import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { everything, frameworksAnswer, rolesView, stateAnswer, tasksAnswer, v1Views } from '../index.ts'
import type { Rendering } from '../index.ts'
import { rendered, scalar, task, World } from '../testing/world.ts'

const read = <T>(rendering: Rendering): T => JSON.parse(new TextDecoder().decode(rendered(rendering))) as T

const surroundings = { version: { version: '1.12.0' }, flags: {} }

suite('what endpoints show', () => {
  test('[mesos 43] the address, host, labels and principal of a framework, and the principal only if it has one', () => {
    const world = new World()
    const labels = { labels: [{ key: 'team', value: 'blue' }] }
    const told = { webui_url: 'http://f:80', hostname: 'f', principal: 'p', labels, failover_timeout: 7 }
    const { id } = world.subscribe(told)
    const other = world.subscribe({ name: 'g' })
    type Shown = { readonly frameworks: readonly Readonly<Record<string, unknown>>[] }
    const shown = (frameworkId: string) =>
      read<Shown>(frameworksAnswer(world.master, everything, frameworkId)).frameworks[0]
    const { webui_url, hostname, principal, failover_timeout, labels: list } = shown(id) ?? {}
    assert.deepEqual(
      { webui_url, hostname, principal, failover_timeout, list },
      { webui_url: 'http://f:80', hostname: 'f', principal: 'p', failover_timeout: 7, list: labels.labels },
    )
    assert.equal('principal' in (shown(other.id) ?? {}), false)
    assert.equal(shown(other.id)?.['webui_url'], '')
  })

  test('[mesos 105] labels and discovery information of a task', () => {
    const world = new World()
    const agent = world.addAgent()
    const s = world.subscribe()
    const labels = { labels: [{ key: 'team', value: 'blue' }] }
    const port = { number: 31000, name: 'web', protocol: 'tcp' }
    const discovery: mesos.DiscoveryInfo = { visibility: 'EXTERNAL', name: 'web', ports: { ports: [port] } }
    world.run([s, agent, 't'], { labels, discovery })
    type ShownTask = { readonly labels: unknown; readonly discovery: unknown; readonly executor_id: string }
    const query = { frameworkId: undefined, taskId: 't', limit: 10, offset: 0, order: 'desc' } as const
    const [listed] = read<{ tasks: ShownTask[] }>(tasksAnswer(world.master, everything, query)).tasks
    const state = read<{ frameworks: { tasks: ShownTask[] }[] }>(stateAnswer(world.master, everything, surroundings))
    for (const shown of [listed, state.frameworks[0]?.tasks[0]]) {
      assert.deepEqual(shown?.labels, labels.labels)
      assert.deepEqual(shown?.discovery, discovery)
    }
    const wire = world.master.frameworks.get(s.id)?.tasks.get('t')?.wire
    assert.deepEqual([wire?.labels, wire?.discovery], [labels, discovery])
  })

  test('[mesos 219] a role with what it and the roles below it use, are offered, have reserved and may have', () => {
    const world = new World()
    const agent = world.addAgent('cpus:4;mem:4096')
    const limit = { role: 'eng', limits: { cpus: { value: 3 } }, guarantees: { cpus: { value: 1 } } }
    world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [limit] } })
    world.operate({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'eng/web', weight: 2 }] } })
    const reserved: mesos.Resource = { ...scalar('cpus', 0.5), reservations: [{ type: 'DYNAMIC', role: 'eng' }] }
    const agent_id = { value: agent.id }
    world.operate({ type: 'RESERVE_RESOURCES', reserve_resources: { agent_id, resources: [reserved] } })
    const s = world.subscribe({ roles: ['eng/web'] })
    const offer = world.offer(s)
    const one = task('t', offer, { resources: [scalar('cpus', 1, 'eng/web'), scalar('mem', 64, 'eng/web')] })
    world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [one] } }])
    world.call(s, { type: 'SUPPRESS' })
    const { roles } = JSON.parse(rolesView(world.master, everything)) as { roles: { name: string }[] }
    assert.deepEqual(roles, [
      {
        name: 'eng',
        weight: 1,
        quota: {
          role: 'eng',
          guarantee: { cpus: 1 },
          limit: { cpus: 3 },
          consumed: { cpus: 1.5, mem: 64 },
        },
        resources: { cpus: 1, mem: 64 },
        allocated: { cpus: 1, mem: 64 },
        offered: {},
        reserved: { cpus: 0.5 },
        frameworks: [],
      },
      {
        name: 'eng/web',
        weight: 2,
        quota: { role: 'eng/web', guarantee: {}, limit: {}, consumed: { cpus: 1, mem: 64 } },
        resources: { cpus: 1, mem: 64 },
        allocated: { cpus: 1, mem: 64 },
        offered: {},
        reserved: {},
        frameworks: [s.id],
      },
    ])
    const listed = v1Views.GET_ROLES(world.master, everything).get_roles?.roles ?? []
    assert.deepEqual(
      listed.map(({ name, weight }) => [name, weight]),
      [
        ['eng', 1],
        ['eng/web', 2],
      ],
    )
  })
})

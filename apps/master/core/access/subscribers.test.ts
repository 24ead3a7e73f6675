import { encodeJson } from '@thermosphere/protocol'
import type { master } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { World } from '../testing/world.ts'
import { aclsSchema, readAcls } from '@thermosphere/protocol/acls'

const any = { type: 'ANY' }
const none = { type: 'NONE' }
const of = (...values: string[]): object => ({ values })

/** `ops` sees everything, `dev` what alice has and roles below eng, nobody else anything. */
const rules = {
  ...Object.fromEntries(
    ['view_frameworks', 'view_tasks', 'view_executors'].map((action) => [
      action,
      [
        { principals: of('ops'), users: any },
        { principals: of('dev'), users: of('alice') },
        { principals: any, users: none },
      ],
    ]),
  ),
  view_roles: [
    { principals: of('ops'), roles: any },
    { principals: of('dev'), roles: of('eng/%') },
    { principals: any, roles: none },
  ],
}

/** One subscriber each of ops and dev, and one that did not log in. */
function watched(): World {
  const world = new World({ config: { acls: readAcls(aclsSchema.parse(rules)) } })
  for (const principal of ['ops', 'dev']) world.do({ type: 'operator-subscribed', streamId: principal, principal })
  world.do({ type: 'operator-subscribed', streamId: 'nobody' })
  return world
}

const typesOf = (world: World, streamId: string): unknown[] => world.heardBy(streamId).map(({ type }) => type)
const begin = ['SUBSCRIBED', 'HEARTBEAT']

suite('[mesos 206] subscribers hear of what they may see', () => {
  test('frameworks and their tasks', () => {
    const world = watched()
    const agent = world.addAgent()
    for (const user of ['alice', 'bob']) {
      const s = world.subscribe({ name: user, user, roles: [user] })
      world.advance(1000)
      world.run([s, agent, `t-${user}`])
      world.call(s, { type: 'TEARDOWN' })
    }
    const one = ['FRAMEWORK_ADDED', 'TASK_ADDED', 'TASK_UPDATED', 'TASK_UPDATED', 'FRAMEWORK_REMOVED']
    assert.deepEqual(typesOf(world, 'ops'), [...begin, 'AGENT_ADDED', ...one, ...one])
    assert.deepEqual(typesOf(world, 'dev'), [...begin, 'AGENT_ADDED', ...one])
    assert.deepEqual(typesOf(world, 'nobody'), [...begin, 'AGENT_ADDED'])
    const said = world.heardBy('dev').map((event) => encodeJson('mesos.v1.master.Event', event))
    assert.doesNotMatch(said.join(), /bob/)
  })

  test('tasks of a framework that run as somebody else', () => {
    const world = watched()
    const agent = world.addAgent()
    const s = world.subscribe({ user: 'alice' })
    world.run([s, agent, 'own'])
    world.advance(6000)
    world.run([s, agent, 'other'], { command: { value: 'x', user: 'bob' } })
    const ids = (streamId: string): string[] =>
      world.heardBy(streamId).flatMap(({ task_added }) => task_added?.task.task_id.value ?? [])
    assert.deepEqual([ids('ops'), ids('dev'), ids('nobody')], [['own', 'other'], ['own'], []])
    const updates = world.heardBy('dev').flatMap(({ task_updated }) => task_updated?.status.task_id.value ?? [])
    assert.deepEqual(updates, ['own'])
  })

  test('[mesos 207] agents without the resources of roles that they do not see', () => {
    const world = watched()
    world.addAgent('cpus:4;disk(eng):1;disk(eng/a):2;disk(ops):3')
    const disks = (streamId: string): unknown[] => {
      const [agent] = world.heardBy(streamId).flatMap(({ agent_added }) => agent_added?.agent ?? [])
      return [agent?.total_resources, agent?.agent_info.resources].map((all) =>
        all?.filter(({ name }) => name === 'disk').map(({ scalar }) => scalar?.value),
      )
    }
    assert.deepEqual(disks('ops'), [
      [1, 2, 3],
      [1, 2, 3],
    ])
    assert.deepEqual(disks('dev'), [[2], [2]])
    assert.deepEqual(disks('nobody'), [[], []])
  })

  test('in the snapshot at first, too', () => {
    const world = watched()
    const agent = world.addAgent('cpus:4;mem:1024;disk(eng/a):2;disk(ops):3')
    for (const user of ['alice', 'bob']) {
      const s = world.subscribe({ name: user, user, roles: [user] })
      world.advance(1000)
      world.run([s, agent, `t-${user}`])
      world.call(s, { type: 'SUPPRESS' })
    }
    const stateOf = (principal: string): master.Response_GetState | undefined => {
      world.do({ type: 'operator-subscribed', streamId: `late-${principal}`, principal })
      return world.heardBy(`late-${principal}`)[0]?.subscribed?.get_state
    }
    const seen = (principal: string): unknown[] => {
      const { get_frameworks, get_tasks } = stateOf(principal) ?? {}
      return [
        get_frameworks?.frameworks?.map(({ framework_info }) => framework_info.name),
        get_tasks?.tasks?.map(({ task_id }) => task_id.value),
      ]
    }
    assert.deepEqual(seen('ops'), [
      ['alice', 'bob'],
      ['t-alice', 't-bob'],
    ])
    assert.deepEqual(seen('dev'), [['alice'], ['t-alice']])
    assert.deepEqual(seen('guest'), [[], []])
  })
})

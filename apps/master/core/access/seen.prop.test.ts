import fc from 'fast-check'
import { decodeProtobuf } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  everything,
  frameworksAnswer,
  largeAnswer,
  rolesView,
  Sight,
  slavesAnswer,
  stateAnswer,
  stateSummaryAnswer,
  tasksAnswer,
  weightsView,
} from '../index.ts'
import type { Rendering } from '../index.ts'
import { rendered, scalar, task, World } from '../testing/world.ts'
import { aclsSchema, isPermitted, readAcls } from '@thermosphere/protocol/acls'
import type { Acls, Action } from '@thermosphere/protocol/acls'

const surroundings = { version: { version: '1.12.0' }, flags: { a: 'b' } }
const users = ['alice', 'bob', 'root']
const roles = ['eng', 'eng/a', 'ops']

/** What endpoints show, to look into; tests compare what they find. */
interface Shown {
  readonly [key: string]: Shown
}

const parse = (text: string): Shown => JSON.parse(text) as Shown
const json = (rendering: Rendering): Shown => parse(new TextDecoder().decode(rendered(rendering)))
const list = (value: Shown | undefined): readonly Shown[] => (value ?? []) as unknown as readonly Shown[]
const word = (value: Shown | undefined): string => value as unknown as string
const made = (value: unknown): Shown => value as Shown
const changed = (value: Shown, members: readonly (readonly [string, unknown])[]): Shown =>
  made({ ...value, ...Object.fromEntries(members) })

/** Frameworks of three users, each with tasks and executors of all users, on agents with reservations. */
function populated(): World {
  const world = new World({ config: { cluster: 'c' } })
  world.operate({
    type: 'UPDATE_WEIGHTS',
    update_weights: { weight_infos: roles.map((role) => ({ role, weight: 2 })) },
  })
  for (const [index, user] of users.entries()) {
    const role = roles[index] ?? ''
    const reserved = roles.map((one) => `disk(${one}):10`).join(';')
    const agent = world.addAgent(`cpus:64;mem:8192;${reserved}`, { hostname: `h${index}`, port: 5051 + index })
    const s = world.subscribe({ name: `f-${user}`, user, roles: [role], principal: user })
    world.advance(1000)
    for (const [n, as] of [...users, undefined].entries()) {
      const where = [s, agent, `t-${user}-${n}`] as const
      const command = { value: 'x', ...(as !== undefined && { user: as }) }
      const executor: mesos.ExecutorInfo = {
        executor_id: { value: `e-${as ?? user}` },
        command,
        resources: [scalar('cpus', 0.1, role), scalar('mem', 32, role)],
      }
      const offer = world.offer(s)
      const { command: _command, ...without } = task(where[2], offer)
      world.accept(s, offer, [
        { type: 'LAUNCH', launch: { task_infos: [n === 1 ? { ...without, executor } : { ...without, command }] } },
      ])
      const uuid = world.update(where, n === 2 ? 'TASK_FINISHED' : 'TASK_RUNNING')
      world.acknowledge(where, uuid)
      world.advance(6000)
    }
    world.call(s, { type: 'SUPPRESS' })
  }
  const gone = world.subscribe({ name: 'gone', user: 'bob', roles: ['ops'] })
  world.call(gone, { type: 'TEARDOWN' })
  return world
}

const whole = fc.constantFrom({ type: 'ANY' }, { type: 'NONE' })
const entity = (values: readonly string[]): fc.Arbitrary<object> =>
  values.length === 0
    ? whole
    : fc.oneof(
        fc.subarray([...values], { minLength: 1 }).map((some) => ({ values: some })),
        whole,
      )
const rulesFor = (member: string, values: readonly string[]) => {
  const object = member === 'roles' ? fc.oneof(entity(values), fc.constant({ values: ['eng/%'] })) : entity(values)
  const rule = fc.record({ principals: entity(['p', 'q']), [member]: object })
  return fc.option(fc.array(rule, { maxLength: 3 }), { nil: undefined })
}
const form = fc.record(
  {
    permissive: fc.boolean(),
    view_frameworks: rulesFor('users', users),
    view_tasks: rulesFor('users', users),
    view_executors: rulesFor('users', users),
    view_roles: rulesFor('roles', roles),
    view_flags: rulesFor('flags', []),
  },
  { requiredKeys: [] },
)

/** What is not allowed, taken out of what is shown to somebody who sees everything. */
class Censor {
  readonly #may: (action: Action, object?: string) => boolean
  constructor(acls: Acls, principal: string | undefined) {
    this.#may = (action, object) => isPermitted(acls, action, { principal, object })
  }

  framework = (user: string): boolean => this.#may('view_frameworks', user)
  role = (role: string): boolean => this.#may('view_roles', role)
  task = (one: Shown, user: string): boolean => this.#may('view_tasks', one['user'] ? word(one['user']) : user)
  executor = (id: string): boolean => this.#may('view_executors', id.slice('e-'.length))
  resource = (one: Shown): boolean =>
    [...list(one['reservations']), ...(one['allocation_info'] ? [one['allocation_info']] : [])].every(({ role }) =>
      this.role(word(role)),
    )

  state(state: Shown): Shown {
    const { cluster: _cluster, log_dir: _logs, flags: _flags, ...rest } = state
    const shown = this.#may('view_flags') ? state : made(rest)
    const slaves = list(state['slaves']).map((agent) => this.agent(agent))
    return changed(shown, [['slaves', slaves], ...Object.entries(this.frameworks(state))])
  }

  agent(agent: Shown): Shown {
    const byRole = (member: Shown | undefined) =>
      Object.fromEntries(Object.entries(member ?? {}).filter(([role]) => this.role(role)))
    const full = Object.entries(agent).filter(([key]) => key.endsWith('_full'))
    const filtered = full.map(
      ([key, value]) =>
        [key, key === 'reserved_resources_full' ? byRole(value) : list(value).filter(this.resource)] as const,
    )
    return changed(agent, [['reserved_resources', byRole(agent['reserved_resources'])], ...filtered])
  }

  frameworks(shown: Shown): { readonly frameworks: Shown[]; readonly completed_frameworks: Shown[] } {
    const one = (framework: Shown): Shown => {
      const lists = ['tasks', 'unreachable_tasks', 'completed_tasks'].map(
        (key) => [key, list(framework[key]).filter((each) => this.task(each, word(framework['user'])))] as const,
      )
      const executors = list(framework['executors']).map((each) =>
        this.executor(word(each['executor_id'])) ? each : {},
      )
      return changed(framework, [...lists, ['executors', executors]])
    }
    const seen = (key: string): Shown[] =>
      list(shown[key])
        .filter(({ user }) => this.framework(word(user)))
        .map(one)
    return { frameworks: seen('frameworks'), completed_frameworks: seen('completed_frameworks') }
  }

  v1({ get_state: state }: Shown): unknown {
    const { get_tasks: tasks, get_executors: executors, get_frameworks: frameworks, get_agents: agents } = state ?? {}
    const all = [...list(frameworks?.['frameworks']), ...list(frameworks?.['completed_frameworks'])]
    const userOf = new Map(all.map(({ framework_info: info }) => [word(info?.['id']?.['value']), word(info?.['user'])]))
    const framework = ({ framework_info: info }: Shown): boolean => this.framework(word(info?.['user']))
    const task = (one: Shown): boolean => {
      const user = userOf.get(word(one['framework_id']?.['value'])) ?? ''
      return this.framework(user) && this.task(one, user)
    }
    const executor = ({ executor_info: info }: Shown): boolean => {
      const user = userOf.get(word(info?.['framework_id']?.['value'])) ?? ''
      return this.framework(user) && this.executor(word(info?.['executor_id']?.['value']))
    }
    const agent = (one: Shown): Shown => {
      const names = ['total_resources', 'allocated_resources', 'offered_resources'].filter((name) => one[name])
      const lists = names.map((name) => [name, list(one[name]).filter(this.resource)] as const)
      const resources = list(one['agent_info']?.['resources']).filter(this.resource)
      return changed(one, [...lists, ['agent_info', { ...one['agent_info'], resources }]])
    }
    const pick = (of: Shown | undefined, keep: (one: Shown) => boolean) =>
      Object.fromEntries(Object.entries(of ?? {}).map(([key, ones]) => [key, list(ones).filter(keep)]))
    return {
      get_tasks: pick(tasks, task),
      get_executors: pick(executors, executor),
      get_frameworks: pick(frameworks, framework),
      get_agents: { ...agents, agents: list(agents?.['agents']).map(agent) },
    }
  }
}

/** Without empty lists, which JSON may leave out, and without regard to the order of lists. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => JSON.stringify(plain(one))).sort()
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
  const members = Object.entries(value as Shown).filter(([, one]) => !(Array.isArray(one) && one.length === 0))
  return Object.fromEntries(
    members.map(([key, one]) => [key, plain(one)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
const same = (actual: unknown, expected: unknown, what: string): void =>
  assert.deepEqual(plain(actual), plain(expected), what)

const m = populated().master
const query = { frameworkId: undefined, taskId: undefined, limit: 1000, offset: 0, order: 'asc' } as const
const tasksOf = (one: Shown | undefined): Shown[] =>
  ['tasks', 'unreachable_tasks', 'completed_tasks'].flatMap((name) => list(one?.[name]))

function assertState(sight: Sight, censor: Censor): readonly Shown[] {
  const state = censor.state(json(stateAnswer(m, everything, surroundings)))
  same(json(stateAnswer(m, sight, surroundings)), state, '/state')
  const { frameworks, completed_frameworks } = state
  const expected = { frameworks, completed_frameworks, unregistered_frameworks: [] }
  same(json(frameworksAnswer(m, sight, undefined)), expected, '/frameworks')
  const all = [...list(frameworks), ...list(completed_frameworks)]
  same(json(tasksAnswer(m, sight, query)), { tasks: all.flatMap(tasksOf) }, '/tasks')
  const slaves = list(json(slavesAnswer(m, everything, undefined))['slaves']).map((one) => censor.agent(one))
  same(json(slavesAnswer(m, sight, undefined))['slaves'], slaves, '/slaves')
  return list(frameworks)
}

/** Counts are of the tasks that are seen. */
function assertSummary(sight: Sight, frameworks: readonly Shown[]): void {
  const summary = json(stateSummaryAnswer(m, sight))
  const running = (ones: readonly Shown[]): number => ones.filter(({ state }) => word(state) === 'TASK_RUNNING').length
  const found = list(summary['frameworks'])
  same(
    found.map(({ id }) => id),
    frameworks.map(({ id }) => id),
    '/state-summary',
  )
  for (const { id, TASK_RUNNING: count } of found)
    assert.equal(count, running(tasksOf(frameworks.find((one) => one['id'] === id))))
  for (const { id, TASK_RUNNING: count, framework_ids: ids } of list(summary['slaves'])) {
    const there = frameworks.flatMap(tasksOf).filter((one) => one['slave_id'] === id)
    assert.equal(count, running(there))
    same(ids, [...new Set(there.map((one) => one['framework_id']))], '/state-summary')
  }
}

function assertRoles(sight: Sight, censor: Censor, frameworks: readonly Shown[]): void {
  const ids = new Set(frameworks.map(({ id }) => id))
  const roles = list(parse(rolesView(m, everything))['roles'])
    .filter(({ name }) => censor.role(word(name)))
    .map((one) => changed(one, [['frameworks', list(one['frameworks']).filter((id) => ids.has(id))]]))
  same(parse(rolesView(m, sight)), { roles }, '/roles')
  const weights = list(parse(weightsView(m, everything))).filter(({ role }) => censor.role(word(role)))
  same(parse(weightsView(m, sight)), weights, '/weights')
}

function assertV1(sight: Sight, censor: Censor): void {
  const type = 'GET_STATE'
  const read = (who: Sight): Shown => json(largeAnswer(m, who, { type, encoding: 'application/json' }))
  same(read(sight)['get_state'], censor.v1(read(everything)), 'GET_STATE')
  const encoding = 'application/x-protobuf'
  const decoded = (who: Sight): Shown =>
    made(decodeProtobuf('mesos.v1.master.Response', rendered(largeAnswer(m, who, { type, encoding }))))
  same(decoded(sight)['get_state'], censor.v1(decoded(everything)), 'GET_STATE as protobuf')
}

test('[mesos 206] [mesos 207] what somebody sees is what there is without what is not allowed', () => {
  const property = fc.property(form, fc.constantFrom('p', 'q', undefined), (rules, principal) => {
    const given = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined))
    const acls = readAcls(aclsSchema.parse(given))
    const [sight, censor] = [new Sight(acls, principal), new Censor(acls, principal)]
    const frameworks = assertState(sight, censor)
    assertSummary(sight, frameworks)
    assertRoles(sight, censor, frameworks)
    assertV1(sight, censor)
  })
  fc.assert(property, { numRuns: 50 })
})

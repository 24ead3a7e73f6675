import type { agent, mesos } from '@thermosphere/protocol'
import { aclsSchema, readAcls } from '@thermosphere/protocol/acls'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { containersView, getExecutors, getFrameworks, getOperations, getTasks, mayCall, stateView } from '../index.ts'
import type { Access, Asker, ExecutorClaims } from '../index.ts'
import { BenchAgent, FRAMEWORK_ID, frameworkInfo, scalar, taskInfo, testConfig } from '../testing/bench-agent.ts'
import { maySeeSandboxes } from './access.ts'

const any = { type: 'ANY' }
const none = { type: 'NONE' }
const of = (...values: string[]): object => ({ values })
const acls = (form: object) => readAcls(aclsSchema.parse(form))
const by = (principal: string): Asker => ({ type: 'principal', principal })
const token = (claims: ExecutorClaims): Asker => ({ type: 'executor', claims })

/** Frameworks of users anna and otto with a task each; anna's runs in an executor of her own. */
function agentOfTwo(config = testConfig()) {
  const bench = BenchAgent.registered({ config })
  const framework = (user: string) =>
    frameworkInfo({ id: { value: user }, user, principal: user, name: `of-${user}`, roles: [user] })
  const resources = [scalar('cpus', 0.1)]
  const { command: _command, ...info } = taskInfo('t-anna')
  const executor: mesos.ExecutorInfo = { executor_id: { value: 'e' }, command: { value: 'x' }, resources }
  const anna = bench.run({ ...info, executor }, framework('anna'))
  const otto = bench.run(taskInfo('t-otto'), framework('otto'))
  return { bench, framework, anna, otto }
}

suite('[mesos 205] rules of an agent about what runs there', () => {
  const rules = acls({
    run_tasks: [
      { principals: of('anna'), users: of('anna') },
      { principals: any, users: none },
    ],
  })

  const endOf = (bench: BenchAgent) =>
    bench.sent().map(({ task_id, state, reason, message }) => [task_id.value, state, reason, message])

  test('a task of another user is an error, and nothing is launched', () => {
    const { bench, otto } = agentOfTwo(testConfig({ acls: rules }))
    const [id, state, reason, message] = endOf(bench)[0] ?? []
    assert.deepEqual([id, state, reason], ['t-otto', 'TASK_ERROR', 'REASON_TASK_UNAUTHORIZED'])
    assert.equal(message, "Task 't-otto' is not authorized to launch as user 'otto'")
    assert.equal(bench.launchedIds().length, 1)
    assert.equal(otto, bench.launchedIds()[0])
    assert.equal(bench.state.frameworks.get('otto')?.executors.size, 0)
  })

  test('a group is launched as a whole or not at all', () => {
    const bench = BenchAgent.registered({ config: testConfig({ acls: rules }) })
    const framework_info = frameworkInfo({ user: 'anna', principal: 'anna' })
    const root = { value: 'x', user: 'root' }
    const executor = { type: 'DEFAULT' as const, executor_id: { value: 'pod' }, resources: [scalar('cpus', 0.1)] }
    bench.master({
      type: 'RUN_TASK_GROUP',
      run_task_group: {
        framework_info,
        executor,
        task_group: { tasks: [taskInfo('a'), taskInfo('b', { command: root })] },
        launch_executor: true,
      },
    })
    const reason = 'REASON_TASK_GROUP_UNAUTHORIZED'
    const message = "Task 'b' is not authorized to launch as user 'root'"
    assert.deepEqual(endOf(bench), [
      ['a', 'TASK_ERROR', reason, message],
      ['b', 'TASK_ERROR', reason, message],
    ])
    assert.deepEqual(bench.launchedIds(), [])
  })
})

suite('[mesos 206] views of an agent leave out what one may not see', () => {
  const { bench } = agentOfTwo()
  const { state } = bench

  type Names = Record<'frameworks' | 'executors' | 'tasks' | 'containers', readonly string[]>
  function seen(access: Access): Names {
    const { queued_tasks = [], launched_tasks = [] } = getTasks(state, access)
    return {
      frameworks: (getFrameworks(state, access).frameworks ?? []).map(({ framework_info: { name } }) => name),
      executors: (getExecutors(state, access).executors ?? []).map((one) => one.executor_info.executor_id.value),
      tasks: [...queued_tasks, ...launched_tasks].map(({ task_id }) => task_id.value),
      containers: containersView(state, { nested: true, access }).map(({ owner }) => owner?.executorId ?? ''),
    }
  }

  const all: Names = {
    frameworks: ['of-anna', 'of-otto'],
    executors: ['e', 't-otto'],
    tasks: ['t-anna', 't-otto'],
    containers: ['e', 't-otto'],
  }
  const only = (action: string) =>
    acls({
      [action]: [
        { principals: of('anna'), users: of('anna') },
        { principals: any, users: none },
      ],
    })
  const cases: readonly (readonly [string, Partial<Names>])[] = [
    ['view_frameworks', { frameworks: ['of-anna'], executors: ['e'], tasks: ['t-anna'] }],
    ['view_executors', { executors: ['e'], tasks: ['t-anna'] }],
    ['view_tasks', { tasks: ['t-anna'] }],
    ['view_containers', { containers: ['e'] }],
  ]
  for (const [action, less] of cases) {
    test(action, () => {
      const rules = only(action)
      assert.deepEqual(seen({ acls: rules, asker: by('anna') }), { ...all, ...less })
      const nothing = Object.fromEntries(Object.keys(less).map((name) => [name, []]))
      assert.deepEqual(seen({ acls: rules, asker: { type: 'anybody' } }), { ...all, ...nothing })
      assert.deepEqual(seen({ acls: undefined, asker: { type: 'anybody' } }), all)
    })

    test(`${action}, of /state`, () => {
      const text = (asker: Asker): string => JSON.stringify(stateView(state, { acls: only(action), asker }))
      const shows = (asker: Asker) =>
        ['of-otto', 't-otto', '"Command Executor (Task: t-otto)'].map((name) => text(asker).includes(name))
      const wanted = {
        view_frameworks: [false, false, false],
        view_executors: [true, false, false],
        view_tasks: [true, true, true],
        view_containers: [true, true, true],
      }
      assert.deepEqual(shows(by('anna')), wanted[action as keyof typeof wanted])
      if (action === 'view_tasks') assert.doesNotMatch(text(by('anna')), /"tasks":\[\{"id":"t-otto"/)
    })
  }

  test('an executor sees nothing of it by its token', () => {
    const asker = token({ frameworkId: 'anna', executorId: 'e', containerId: 'c' })
    const nothing = { frameworks: [], executors: [], tasks: [], containers: [] }
    assert.deepEqual(seen({ acls: undefined, asker }), nothing)
  })

  test('[mesos 207] roles below the one that a rule names are shown, it itself is not', () => {
    const reserved = (role: string): mesos.Resource => ({
      name: 'cpus',
      type: 'SCALAR',
      scalar: { value: 1 },
      reservations: [{ type: 'STATIC', role }],
    })
    const resources = [reserved('eng'), reserved('eng/a'), reserved('ops')]
    const agentOfRoles = BenchAgent.registered({ config: testConfig({ resources }) })
    const view_roles = [{ principals: any, roles: of('eng/%') }]
    const access: Access = { acls: acls({ permissive: false, view_roles }), asker: { type: 'anybody' } }
    const view = stateView(agentOfRoles.state, access)
    for (const member of ['reserved_resources', 'reserved_resources_full'])
      assert.deepEqual(Object.keys(view[member] as object), ['eng/a'])
  })

  test('operations on resources of roles that are not shown are left out', () => {
    const one = BenchAgent.registered()
    const volume: mesos.Resource = {
      name: 'cpus',
      type: 'SCALAR',
      scalar: { value: 1 },
      reservations: [{ type: 'DYNAMIC', role: 'ops', principal: 'p' }],
    }
    one.master({
      type: 'APPLY_OPERATION',
      apply_operation: {
        operation: { type: 'RESERVE', reserve: { resources: [volume] } },
        operation_uuid: { value: new Uint8Array(16) },
      },
    })
    const rules = acls({ view_roles: [{ principals: of('p'), roles: any }], permissive: false })
    const count = (asker: Asker) => getOperations(one.state, { acls: rules, asker }).operations?.length ?? 0
    assert.deepEqual([count(by('p')), count(by('q'))], [1, 0])
  })
})

suite('[mesos 205] rules about sandboxes', () => {
  const { bench } = agentOfTwo()
  const access_sandboxes = [{ principals: of('anna'), users: of('anna') }]
  type Owner = { readonly frameworkId: string; readonly executorId: string }
  const anna: Owner = { frameworkId: 'anna', executorId: 'e' }
  const otto: Owner = { frameworkId: 'otto', executorId: 't-otto' }
  const gone: Owner = { frameworkId: 'anna', executorId: 'gone' }
  const reads = (asker: Asker, owner: Owner, rules: object = { access_sandboxes }) =>
    maySeeSandboxes(bench.state, { acls: acls({ permissive: false, ...rules }), asker }, owner)

  test('go by the user of the executor', () => {
    assert.deepEqual([reads(by('anna'), anna), reads(by('anna'), otto), reads(by('otto'), anna)], [true, false, false])
  })

  test('of what the agent has forgotten, or of all of them, need permission for everybody', () => {
    assert.equal(reads(by('anna'), gone), false)
    const everybody = { access_sandboxes: [{ principals: any, users: any }] }
    assert.equal(reads(by('anna'), gone, everybody), true)
    assert.equal(maySeeSandboxes(bench.state, { acls: acls({}), asker: by('anna') }, undefined), true)
  })

  test('go by that of its earlier runs as well', () => {
    const one = BenchAgent.registered()
    const access: Access = { acls: acls({ permissive: false, access_sandboxes }), asker: by('anna') }
    const reads = () => maySeeSandboxes(one.state, access, { frameworkId: FRAMEWORK_ID, executorId: 'e' })
    const run = (id: string, user: string) => {
      const { command: _command, ...info } = taskInfo(id)
      const executor = { executor_id: { value: 'e' }, command: { value: 'x', user } }
      return one.run({ ...info, executor }, frameworkInfo({ user: 'anna' }))
    }
    one.ended(run('first', 'anna'))
    one.drain()
    one.ended(run('second', 'root'))
    one.drain()
    run('third', 'anna')
    assert.equal(one.state.frameworks.get(FRAMEWORK_ID)?.completedExecutors.length, 2)
    assert.equal(reads(), false)
    one.state.frameworks.get(FRAMEWORK_ID)?.completedExecutors.splice(1)
    assert.equal(reads(), true)
  })
})

/** One call each, with the actions that all have to be allowed; objects are the user `anna` unless told. */
const containerCalls = (root: string): readonly (readonly [agent.Call, Record<string, string>])[] => {
  const nested = { container_id: { value: 'n', parent: { value: root } } }
  const alone = { container_id: { value: 'alone' } }
  const command = { value: 'x', user: 'root' }
  const as = { ...nested, command }
  const input = { type: 'CONTAINER_ID' as const, container_id: nested.container_id }
  const under = 'under_parent_with_user'
  return [
    [
      { type: 'LAUNCH_NESTED_CONTAINER', launch_nested_container: as },
      { [`launch_nested_containers_${under}`]: 'anna', launch_nested_containers_as_user: 'root' },
    ],
    [
      { type: 'LAUNCH_CONTAINER', launch_container: as },
      { [`launch_nested_containers_${under}`]: 'anna', launch_nested_containers_as_user: 'root' },
    ],
    [
      { type: 'LAUNCH_NESTED_CONTAINER_SESSION', launch_nested_container_session: as },
      { [`launch_nested_container_sessions_${under}`]: 'anna', launch_nested_container_sessions_as_user: 'root' },
    ],
    [{ type: 'WAIT_NESTED_CONTAINER', wait_nested_container: nested }, { wait_nested_containers: 'anna' }],
    [{ type: 'WAIT_CONTAINER', wait_container: nested }, { wait_nested_containers: 'anna' }],
    [{ type: 'KILL_NESTED_CONTAINER', kill_nested_container: nested }, { kill_nested_containers: 'anna' }],
    [{ type: 'KILL_CONTAINER', kill_container: nested }, { kill_nested_containers: 'anna' }],
    [{ type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: nested }, { remove_nested_containers: 'anna' }],
    [{ type: 'REMOVE_CONTAINER', remove_container: nested }, { remove_nested_containers: 'anna' }],
    [{ type: 'ATTACH_CONTAINER_INPUT', attach_container_input: input }, { attach_containers_input: 'anna' }],
    [{ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: nested }, { attach_containers_output: 'anna' }],
    [{ type: 'LAUNCH_CONTAINER', launch_container: alone }, { launch_standalone_containers: '' }],
    [{ type: 'WAIT_CONTAINER', wait_container: alone }, { wait_standalone_containers: '' }],
    [{ type: 'KILL_CONTAINER', kill_container: alone }, { kill_standalone_containers: '' }],
    [{ type: 'REMOVE_CONTAINER', remove_container: alone }, { remove_standalone_containers: '' }],
  ]
}

suite('[mesos 205] rules about calls of the operator API', () => {
  const { bench, anna } = agentOfTwo()
  const may = (form: object, call: agent.Call, asker = by('p')) =>
    mayCall(bench.state, { acls: acls({ permissive: false, ...form }), asker }, call)
  const grant = (user: string) => [{ principals: of('p'), users: user === '' ? any : of(user) }]

  for (const [call, wanted] of containerCalls(anna)) {
    const actions = Object.keys(wanted)
    test(`${call.type} of a ${JSON.stringify(call).includes('parent') ? 'nested' : 'standalone'} container`, () => {
      const granted = Object.fromEntries(actions.map((action) => [action, grant(wanted[action] ?? '')]))
      assert.equal(may(granted, call), true)
      assert.equal(may(granted, call, by('q')), false)
      for (const action of actions) {
        assert.equal(may({ ...granted, [action]: [] }, call), false, `without ${action}`)
        if (wanted[action] !== '') assert.equal(may({ ...granted, [action]: grant('other') }, call), false, action)
      }
    })
  }

  const wholesale: readonly (readonly [agent.Call, string, string])[] = [
    [{ type: 'GET_FLAGS' }, 'view_flags', 'flags'],
    [{ type: 'SET_LOGGING_LEVEL' }, 'set_log_level', 'level'],
    [{ type: 'PRUNE_IMAGES' }, 'prune_images', 'images'],
    [{ type: 'ADD_RESOURCE_PROVIDER_CONFIG' }, 'modify_resource_provider_configs', 'resource_providers'],
    [{ type: 'UPDATE_RESOURCE_PROVIDER_CONFIG' }, 'modify_resource_provider_configs', 'resource_providers'],
    [{ type: 'REMOVE_RESOURCE_PROVIDER_CONFIG' }, 'modify_resource_provider_configs', 'resource_providers'],
    [{ type: 'MARK_RESOURCE_PROVIDER_GONE' }, 'mark_resource_providers_gone', 'resource_providers'],
  ]
  for (const [call, action, member] of wholesale) {
    test(`${call.type} needs ${action}`, () => {
      const granted = { [action]: [{ principals: of('p'), [member]: any }] }
      assert.deepEqual([may(granted, call), may(granted, call, by('q')), may({}, call)], [true, false, false])
    })
  }

  test('reading calls are answered with what may be seen', () => {
    for (const type of ['GET_STATE', 'GET_TASKS', 'GET_CONTAINERS', 'GET_AGENT', 'GET_HEALTH', 'LIST_FILES'] as const)
      assert.equal(may({}, { type }), true)
  })

  test('[mesos 204] a token opens the containers of its executor, and not their input; nothing else', () => {
    const own = token({ frameworkId: 'anna', executorId: 'e', containerId: anna })
    const foreign = token({ frameworkId: 'otto', executorId: 't-otto', containerId: 'other' })
    for (const [call] of containerCalls(anna)) {
      const isOpen = JSON.stringify(call).includes('parent') && call.type !== 'ATTACH_CONTAINER_INPUT'
      const open = { acls: undefined, asker: own }
      assert.equal(mayCall(bench.state, open, call), isOpen, `${call.type}`)
      assert.equal(mayCall(bench.state, { acls: undefined, asker: foreign }, call), false, `${call.type}`)
    }
    for (const [call] of wholesale) assert.equal(mayCall(bench.state, { acls: undefined, asker: own }, call), false)
  })
})

suite('[mesos 204] calls of executors with tokens', () => {
  const { bench, anna } = agentOfTwo()
  const right: ExecutorClaims = { frameworkId: 'anna', executorId: 'e', containerId: anna }
  const ids = { framework_id: { value: 'anna' }, executor_id: { value: 'e' } }
  let requestId = 0

  function replyTo(call: object, claims: ExecutorClaims | undefined) {
    requestId++
    const asked = { requestId, call: { ...ids, ...call }, claims }
    if ('subscribe' in call) bench.input({ type: 'executor-subscribe', connectionId: requestId, ...asked })
    else bench.input({ type: 'executor-call', ...asked })
    const reply = bench.take().find((effect) => effect.type === 'executor-reply')
    return reply?.type === 'executor-reply' ? [reply.reply.status, reply.reply.message] : undefined
  }

  const subscribe = { type: 'SUBSCRIBE', subscribe: {} }
  const message = { type: 'MESSAGE', message: { data: new Uint8Array() } }

  test("another's is refused, for each of its claims and for each call", () => {
    const foreign: readonly (readonly [Partial<ExecutorClaims>, RegExp])[] = [
      [{ frameworkId: 'otto' }, /not that of executor 'e' of framework 'anna'/],
      [{ executorId: 'f' }, /not that of executor 'e' of framework 'anna'/],
      [{ containerId: 'earlier' }, /not that of the container in which executor 'e' runs now/],
    ]
    for (const [change, why] of foreign) {
      for (const call of [subscribe, message]) {
        const [status, text] = replyTo(call, { ...right, ...change }) ?? []
        assert.equal(status, 403)
        assert.match(String(text), why)
      }
    }
    assert.equal(bench.state.frameworks.get('anna')?.executors.get('e')?.connectionId, undefined)
  })

  test('an unknown executor is told that it is unknown, and a heartbeat is not looked at', () => {
    const gone = { executor_id: { value: 'gone' } }
    assert.deepEqual(replyTo({ ...message, ...gone }, right), [400, 'Executor cannot be found'])
    assert.deepEqual(replyTo({ type: 'HEARTBEAT' }, { ...right, executorId: 'f' }), [202, undefined])
  })

  test('its own is good', () => {
    assert.deepEqual(replyTo(subscribe, right), [200, undefined])
    assert.deepEqual(replyTo(message, right), [202, undefined])
  })
})

test('[mesos 204] executors that speak for themselves are launched with the claims of a token, tasks without', () => {
  const { bench, anna, otto } = agentOfTwo()
  const claims = bench.effects.flatMap((effect) =>
    effect.type === 'launch' ? [[effect.plan.containerId, effect.plan.claims]] : [],
  )
  assert.deepEqual(claims, [
    [anna, { frameworkId: 'anna', executorId: 'e', containerId: anna }],
    [otto, undefined],
  ])
})

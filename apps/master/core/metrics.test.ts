import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { metricsView } from './answers/metrics.ts'
import { scalar, task, World } from './testing/world.ts'
import type { Scheduler, TestAgent } from './testing/world.ts'

/** Mesos' fixed names of a master, as its documents write them; `{a,b}` are two names. The process has more. */
const documented = `
master/uptime_secs master/elected master/slaves_{connected,disconnected,active,inactive,unreachable}
master/frameworks_{connected,disconnected,active,inactive} master/outstanding_offers
master/operator_event_stream_subscribers
master/{cpus,gpus,mem,disk}_{total,used,percent} master/{cpus,gpus,mem,disk}_revocable_{total,used,percent}
master/tasks_{staging,starting,running,killing,unreachable}
master/tasks_{finished,failed,killed,lost,error,dropped,gone,gone_by_operator}
master/operations/{total,pending,recovering,unreachable,finished,failed,error,dropped,gone_by_operator}
master/operations/TYPE/{total,pending}
master/operations/TYPE/{recovering,unreachable}
master/operations/TYPE/{finished,failed}
master/operations/TYPE/{error,dropped}
master/operations/TYPE/gone_by_operator
master/dropped_messages master/http_cache_hits
master/messages_{register,reregister,unregister,deactivate}_framework master/messages_kill_task
master/messages_{status_update,operation_status_update}_acknowledgement
master/messages_{resource_request,launch_tasks,decline_offers,revive_offers,suppress_offers}
master/messages_{reconcile_tasks,reconcile_operations,framework_to_executor,executor_to_framework}
master/messages_{register,reregister,unregister,update}_slave
master/messages_{status_update,operation_status_update,exited_executor,authenticate}
master/{valid,invalid}_{framework_to_executor,executor_to_framework}_messages
master/{valid,invalid}_{status_updates,status_update_acknowledgements}
master/{valid,invalid}_{operation_status_updates,operation_status_update_acknowledgements}
master/slave_{registrations,reregistrations,removals} master/slave_removals/reason_{unhealthy,unregistered,registered}
master/slave_unreachable_{scheduled,completed,canceled} master/slave_shutdowns_{scheduled,completed,canceled}
master/recovery_slave_removals master/event_queue_{messages,dispatches,http_requests}
allocator/mesos/event_queue_dispatches allocator/event_queue_dispatches allocator/mesos/allocation_runs
allocator/mesos/resources/{cpus,mem,disk}/{total,offered_or_allocated}`

/** Behind `master/frameworks/<name>/<id>/`. */
const documentedOfFramework = `
subscribed calls
calls/{subscribe,teardown,accept,decline,accept_inverse_offers,decline_inverse_offers,revive,suppress,kill,shutdown}
calls/{acknowledge,acknowledge_operation_status,reconcile,reconcile_operations,message,request,update_framework}
events
events/{subscribed,offers,inverse_offers,rescind,rescind_inverse_offer,update,update_operation_status}
events/{message,failure,error,heartbeat}
operations
operations/{launch,launch_group} operations/TYPE
tasks/active/{task_staging,task_starting,task_running,task_killing,task_unreachable,task_unknown}
tasks/terminal/{task_finished,task_failed,task_killed,task_lost,task_error,task_dropped,task_gone,task_gone_by_operator}
offers/{sent,accepted,declined,rescinded} roles/r/suppressed`

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)

/** `a_{b,c}` is `a_b` and `a_c`. */
function expanded(name: string): string[] {
  const match = /^(.*?)\{([^}]*)\}(.*)$/.exec(name)
  if (!match) return [name]
  const [, before = '', choices = '', after = ''] = match
  return choices.split(',').flatMap((choice) => expanded(before + choice + after))
}

const types = '{reserve,unreserve,create,destroy,grow_volume,shrink_volume,create_disk,destroy_disk}'
const names = (text: string): string[] => words(text.replaceAll('TYPE', types)).flatMap(expanded)

const reserved = (name: string, value: number): mesos.Resource => ({
  ...scalar(name, value, 'r'),
  reservations: [{ type: 'DYNAMIC', role: 'r' }],
})
const volume = (value: number): mesos.Resource => ({
  ...reserved('disk', value),
  disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RW' } },
})

/** One agent, one framework, one running task. */
function running(): { world: World; agent: TestAgent; s: Scheduler } {
  const world = new World()
  const agent = world.addAgent()
  const s = world.subscribe()
  world.run([s, agent, 't'])
  world.advance(1000)
  return { world, agent, s }
}

type Place = ReturnType<typeof running>

/** The names that are another after `act`. */
function changed({ world }: Pick<Place, 'world'>, act: () => void): Set<string> {
  const before = metricsView(world.master, world.now)
  act()
  const after = metricsView(world.master, world.now)
  return new Set([...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name))
}

/** Lets the agent say how its latest operation went. */
function operationIs({ world, agent }: Place, state: mesos.OperationState, status_uuid = 1): void {
  const applied = world.toAgent(agent.linkId).findLast((message) => message.apply_operation)?.apply_operation
  assert.ok(applied)
  const status = { state, uuid: { value: new Uint8Array(16).fill(status_uuid) } }
  world.say(agent.linkId, {
    type: 'OPERATION_STATUS',
    operation_status: { operation_uuid: applied.operation_uuid, status },
  })
}

const accept = ({ world, s }: Place, ...operations: mesos.Offer_Operation[]): void => {
  world.advance(1000)
  world.accept(s, world.offer(s), operations)
}

const runIn =
  (state: mesos.TaskState) =>
  ({ world, agent, s }: Place): void =>
    void world.update([s, agent, 't'], state)

/** Operations that an agent can end in different ways. */
const endings: readonly (readonly [string, mesos.Offer_Operation])[] = [
  ['reserve', { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } }],
  ['unreserve', { type: 'UNRESERVE', unreserve: { resources: [reserved('disk', 100)] } }],
  ['create', { type: 'CREATE', create: { volumes: [volume(10)] } }],
]

/** What happens, and what must move with it. */
const moves: readonly (readonly [string, (place: Place) => void, string])[] = [
  ['time passes', ({ world }) => world.advance(1000), 'master/uptime_secs allocator/mesos/allocation_runs'],
  [
    'an agent joins',
    ({ world }) => void world.addAgent(undefined, { port: 1 }),
    `master/slaves_{connected,active} master/{cpus,mem,disk}_total master/{cpus,mem}_percent
     master/messages_register_slave master/slave_registrations allocator/mesos/resources/{cpus,mem,disk}/total`,
  ],
  [
    'an agent loses its link',
    ({ world, agent }) => world.do({ type: 'link-closed', linkId: agent.linkId }),
    'master/slaves_{connected,disconnected,active,inactive} master/outstanding_offers',
  ],
  [
    'an agent comes back',
    ({ world, agent }) => {
      world.do({ type: 'link-closed', linkId: agent.linkId })
      world.reregister(agent)
    },
    'master/messages_reregister_slave master/slave_reregistrations',
  ],
  [
    'an agent is silent',
    ({ world, agent }) => {
      world.silent.add(agent.linkId)
      world.advance(120_000)
    },
    `master/slaves_unreachable master/slave_removals master/slave_removals/reason_unhealthy
     master/slave_unreachable_{scheduled,completed} master/tasks_{unreachable,running}`,
  ],
  [
    'an agent unregisters',
    ({ world, agent }) => world.say(agent.linkId, { type: 'UNREGISTER' }),
    'master/messages_unregister_slave master/slave_removals/reason_unregistered master/slave_removals',
  ],
  [
    'another agent registers at the same address',
    ({ world }) => void world.addAgent(),
    'master/slave_removals/reason_registered master/slave_removals master/tasks_lost',
  ],
  [
    'a framework subscribes',
    ({ world }) => void world.subscribe({ name: 'other' }),
    'master/messages_register_framework master/frameworks_{connected,active}',
  ],
  [
    'a framework is cut off',
    ({ world, s }) => world.disconnect(s),
    'master/frameworks_{connected,disconnected,active,inactive} master/frameworks/f/ID/subscribed',
  ],
  [
    'a framework comes back',
    ({ world, s }) => {
      world.disconnect(s)
      world.subscribe(s.info)
    },
    'master/messages_reregister_framework',
  ],
  [
    'an operator follows the events',
    ({ world }) => world.do({ type: 'operator-subscribed', streamId: 'o' }),
    'master/operator_event_stream_subscribers',
  ],
  [
    'a task is launched',
    ({ world, agent, s }) => world.run([s, agent, 'u']),
    `master/messages_{launch_tasks,status_update} master/tasks_running master/{cpus,mem}_{used,percent}
     master/valid_status_updates master/frameworks/f/ID/calls master/frameworks/f/ID/calls/accept
     master/frameworks/f/ID/operations/launch master/frameworks/f/ID/offers/accepted
     master/frameworks/f/ID/events/update master/frameworks/f/ID/tasks/active/task_running`,
  ],
  ['a task is killed', runIn('TASK_KILLED'), 'master/tasks_killed master/frameworks/f/ID/tasks/terminal/task_killed'],
  ['a task is being killed', runIn('TASK_KILLING'), 'master/tasks_{running,killing}'],
  [
    'a task starts',
    ({ world, agent, s }) => {
      const offer = world.offer(s)
      world.accept(s, offer, [{ type: 'LAUNCH', launch: { task_infos: [task('u', offer)] } }])
      const staging = changed({ world }, () => world.update([s, agent, 'u'], 'TASK_STARTING'))
      assert.ok(staging.has('master/tasks_staging'))
    },
    'master/tasks_starting',
  ],
  ['a task finishes', runIn('TASK_FINISHED'), 'master/tasks_{running,finished} master/{cpus,mem}_{used,percent}'],
  ['a task fails', runIn('TASK_FAILED'), 'master/tasks_failed'],
  ['a task is lost', runIn('TASK_LOST'), 'master/tasks_lost'],
  ['a task is gone', runIn('TASK_GONE'), 'master/tasks_gone'],
  ['a task is dropped', runIn('TASK_DROPPED'), 'master/tasks_dropped'],
  [
    'a task is refused',
    (place) => {
      const offer = place.world.offer(place.s)
      accept(place, { type: 'LAUNCH', launch: { task_infos: [task('', offer)] } })
    },
    'master/tasks_error master/task_error/source_master/reason_task_invalid',
  ],
  [
    'an agent is gone with its task',
    ({ world, agent }) =>
      void world.operate({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agent.id } } }),
    'master/tasks_gone_by_operator',
  ],
  [
    'a task is to be killed',
    ({ world, s }) => void world.call(s, { type: 'KILL', kill: { task_id: { value: 't' } } }),
    'master/messages_kill_task master/frameworks/f/ID/calls/kill',
  ],
  [
    'an offer is declined',
    ({ world, s }) => void world.call(s, { type: 'DECLINE', decline: { offer_ids: [world.offer(s).id] } }),
    `master/messages_decline_offers master/outstanding_offers master/frameworks/f/ID/offers/declined
     allocator/mesos/offer_filters/roles/r/active allocator/mesos/resources/cpus/offered_or_allocated`,
  ],
  [
    'offers are suppressed',
    ({ world, s }) => void world.call(s, { type: 'SUPPRESS' }),
    'master/messages_suppress_offers master/frameworks/f/ID/roles/r/suppressed',
  ],
  ['offers are revived', ({ world, s }) => void world.call(s, { type: 'REVIVE' }), 'master/messages_revive_offers'],
  [
    'resources are asked for',
    ({ world, s }) => void world.call(s, { type: 'REQUEST', request: { requests: [] } }),
    'master/messages_resource_request',
  ],
  [
    'tasks and operations are reconciled',
    ({ world, s }) => {
      world.call(s, { type: 'RECONCILE', reconcile: { tasks: [] } })
      world.call(s, { type: 'RECONCILE_OPERATIONS', reconcile_operations: { operations: [] } })
    },
    'master/messages_reconcile_{tasks,operations}',
  ],
  [
    'an update is acknowledged',
    ({ world, agent, s }) => {
      const uuid = world.update([s, agent, 't'], 'TASK_RUNNING')
      world.acknowledge([s, agent, 't'], uuid)
      world.acknowledge([s, { ...agent, id: 'X' }, 't'], uuid)
    },
    'master/messages_status_update_acknowledgement master/{valid,invalid}_status_update_acknowledgements',
  ],
  [
    'an update is of no framework',
    ({ world, agent }) =>
      void world.update([{ id: 'X', streamId: '', info: { user: '', name: '' } }, agent, 't'], 'TASK_LOST'),
    'master/invalid_status_updates',
  ],
  [
    'a framework writes to its executor and to none',
    ({ world, agent, s }) => {
      const message = (agent_id: string) => ({
        agent_id: { value: agent_id },
        executor_id: { value: 't' },
        data: new Uint8Array(),
      })
      world.call(s, { type: 'MESSAGE', message: message(agent.id) })
      world.call(s, { type: 'MESSAGE', message: message('X') })
    },
    'master/messages_framework_to_executor master/{valid,invalid}_framework_to_executor_messages',
  ],
  [
    'an executor writes to its framework and to none',
    ({ world, agent, s }) => {
      for (const value of [s.id, 'X']) {
        const executor_message = { framework_id: { value }, executor_id: { value: 'e' }, data: new Uint8Array() }
        world.say(agent.linkId, { type: 'EXECUTOR_MESSAGE', executor_message })
      }
    },
    `master/messages_executor_to_framework master/{valid,invalid}_executor_to_framework_messages
     master/frameworks/f/ID/events/message`,
  ],
  [
    'an executor exits',
    ({ world, agent, s }) => {
      const exited = { framework_id: { value: s.id }, executor_id: { value: 'e' }, status: 0 }
      world.say(agent.linkId, { type: 'EXECUTOR_EXITED', executor_exited: exited })
    },
    'master/messages_exited_executor',
  ],
  [
    'an agent has other resources',
    ({ world, agent }) =>
      world.say(agent.linkId, { type: 'UPDATE_AGENT', update_agent: { total_resources: [scalar('cpus', 8)] } }),
    'master/messages_update_slave master/cpus_total',
  ],
  ['somebody unknown speaks', ({ world }) => world.say(world.openLink(), { type: 'PONG' }), 'master/dropped_messages'],
  [
    'a framework ends itself',
    ({ world, s }) => void world.call(s, { type: 'TEARDOWN' }),
    'master/messages_unregister_framework',
  ],
  [
    'a role has a quota',
    ({ world }) => {
      const amounts = { cpus: { value: 1 } }
      const quota_configs = [{ role: 'r', guarantees: amounts, limits: { cpus: { value: 4 } } }]
      world.operate({ type: 'UPDATE_QUOTA', update_quota: { quota_configs } })
      world.advance(1000)
    },
    'allocator/mesos/quota/roles/r/resources/cpus/{guarantee,limit,offered_or_allocated}',
  ],
  [
    'a framework has a share and reservations of its role',
    (place) => accept(place, { type: 'RESERVE', reserve: { resources: [reserved('cpus', 1)] } }),
    `allocator/mesos/quota/roles/r/resources/cpus/consumed master/operations/{total,pending}
     master/operations/reserve/{total,pending} master/frameworks/f/ID/operations/reserve`,
  ],
  ...endings.flatMap(([type, operation]) =>
    (['FINISHED', 'FAILED', 'DROPPED'] as const).map(
      (end) =>
        [
          `an operation of ${type} ends in ${end}`,
          (place: Place) => {
            accept(place, { type: 'RESERVE', reserve: { resources: [reserved('disk', 100)] } })
            operationIs(place, 'OPERATION_FINISHED')
            accept(place, operation)
            operationIs(place, `OPERATION_${end}`, 2)
          },
          `master/operations/${end.toLowerCase()} master/operations/${type}/${end.toLowerCase()}
           master/messages_operation_status_update master/valid_operation_status_updates`,
        ] as const,
    ),
  ),
  [
    'volumes are resized and destroyed',
    (place) => {
      accept(
        place,
        { type: 'RESERVE', reserve: { resources: [reserved('disk', 100)] } },
        { type: 'CREATE', create: { volumes: [volume(10)] } },
      )
      accept(place, { type: 'GROW_VOLUME', grow_volume: { volume: volume(10), addition: reserved('disk', 10) } })
      operationIs(place, 'OPERATION_FINISHED')
      accept(place, { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume(20), subtract: { value: 5 } } })
      operationIs(place, 'OPERATION_FINISHED', 2)
      accept(place, { type: 'DESTROY', destroy: { volumes: [volume(15)] } })
      operationIs(place, 'OPERATION_FINISHED', 3)
    },
    'master/operations/{grow_volume,shrink_volume,destroy}/finished',
  ],
  [
    'an operation is refused',
    (place) => accept(place, { type: 'DESTROY', destroy: { volumes: [volume(1)] } }),
    'master/operations/error master/operations/destroy/error',
  ],
  [
    'a disk of a provider is asked for where there is none',
    (place) => {
      accept(place, { type: 'CREATE_DISK', create_disk: { source: scalar('disk', 1), target_type: 'MOUNT' } })
      accept(place, { type: 'DESTROY_DISK', destroy_disk: { source: scalar('disk', 1) } })
    },
    'master/operations/{create_disk,destroy_disk}/error',
  ],
  [
    'updates of operations are acknowledged, and those of none',
    (place) => {
      accept(place, { type: 'RESERVE', id: { value: 'op' }, reserve: { resources: [reserved('cpus', 1)] } })
      operationIs(place, 'OPERATION_FINISHED')
      for (const value of ['op', 'none']) {
        const acknowledge_operation_status = {
          agent_id: { value: place.agent.id },
          uuid: new Uint8Array(16).fill(1),
          operation_id: { value },
        }
        place.world.call(place.s, { type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status })
      }
      place.world.say(place.agent.linkId, {
        type: 'OPERATION_STATUS',
        operation_status: {
          operation_uuid: { value: new Uint8Array(16) },
          status: { state: 'OPERATION_FINISHED' },
        },
      })
    },
    `master/messages_operation_status_update_acknowledgement master/invalid_operation_status_updates
     master/{valid,invalid}_operation_status_update_acknowledgements`,
  ],
]

suite('[mesos 216] the metrics of a master', () => {
  test('every documented name is there from the start, with a number', () => {
    const { master, now } = new World()
    const metrics = metricsView(master, now)
    const missing = names(documented).filter((name) => !Number.isFinite(metrics.get(name)))
    assert.deepEqual(missing, [])
  })

  test('[mesos 217] every documented name of a framework is there while it is', () => {
    const world = new World()
    const s = world.subscribe()
    const metrics = metricsView(world.master, world.now)
    const missing = names(documentedOfFramework).filter((name) => !metrics.has(`master/frameworks/f/${s.id}/${name}`))
    assert.deepEqual(missing, [])
  })

  for (const [what, act, moving] of moves) {
    test(`move when ${what}`, () => {
      const place = running()
      const moved = changed(place, () => act(place))
      const still = names(moving.replaceAll('/ID/', `/${place.s.id}/`)).filter((name) => !moved.has(name))
      assert.deepEqual(still, [])
    })
  }
})

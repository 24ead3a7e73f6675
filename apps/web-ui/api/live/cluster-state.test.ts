import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { operatorEventSchema, snapshotSchema } from '../schemas/mesos.ts'
import { ClusterState } from './cluster-state.ts'

const scalar = (name: string, value: number, role?: string) => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...(role === undefined ? {} : { role }),
})
const snapshot = snapshotSchema.parse({
  get_agents: {
    agents: [
      {
        agent_info: {
          id: { value: 'S0' },
          hostname: 'h',
          port: 5051,
          attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
        },
        active: true,
        total_resources: [
          scalar('cpus', 2, '*'),
          scalar('cpus', 1, 'db'),
          { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 10, end: 14 }] } },
        ],
      },
    ],
  },
  get_frameworks: {
    frameworks: [
      { framework_info: { id: { value: 'F' }, name: 'marathon', role: 'web' }, registered_time: { nanoseconds: 5e9 } },
    ],
  },
  get_tasks: {
    tasks: [
      {
        name: 't',
        task_id: { value: 'T' },
        framework_id: { value: 'F' },
        agent_id: { value: 'S0' },
        state: 'TASK_STAGING',
        resources: [scalar('cpus', 0.1)],
        statuses: [],
      },
    ],
  },
})
const loaded = () => {
  const state = new ClusterState()
  state.load(snapshot)
  return state
}
const update = (state: string, more: object = {}) =>
  operatorEventSchema.parse({
    type: 'TASK_UPDATED',
    task_updated: {
      framework_id: { value: 'F' },
      state,
      status: { task_id: { value: 'T' }, state, timestamp: 7, ...more },
    },
  })

describe('the cluster state', () => {
  it('is read from the snapshot', () => {
    const { agents, frameworks, tasks } = loaded().view()
    assert.deepEqual(agents.get('S0')?.total, { cpus: 3, mem: 0, disk: 0, gpus: 0, ports: 5 })
    assert.equal(agents.get('S0')?.reserved.cpus, 1)
    assert.deepEqual(agents.get('S0')?.attributes, [{ name: 'rack', value: 'r1' }])
    assert.deepEqual(frameworks.get('F')?.roles, ['web'])
    assert.equal(frameworks.get('F')?.registeredAt, 5000)
    assert.equal(tasks.get('F/T')?.state, 'TASK_STAGING')
  })

  it('follows a task through its states and remembers when it started', () => {
    const state = loaded()
    state.apply(update('TASK_RUNNING', { healthy: true }))
    state.apply(update('TASK_RUNNING', { healthy: false, timestamp: 9 }))
    const task = state.view().tasks.get('F/T')
    assert.equal(task?.startedAt, 7000)
    assert.equal(task?.healthy, false)
    assert.equal(task?.statuses.length, 1)
    state.apply(update('TASK_FAILED', { message: 'exit 1', timestamp: 11 }))
    assert.equal(state.view().tasks.get('F/T')?.state, 'TASK_FAILED')
    assert.equal(state.view().tasks.get('F/T')?.healthy, undefined)
  })

  it('ignores an update of a task it does not know', () => {
    const state = new ClusterState()
    state.apply(update('TASK_RUNNING'))
    assert.equal(state.view().tasks.size, 0)
  })

  it('takes lost agents and offers from the summary, which the stream does not tell', () => {
    const state = loaded()
    const none = { cpus: 0, mem: 0, disk: 0 }
    state.refine({
      slaves: [{ id: 'S0', active: true, used_resources: none, offered_resources: { cpus: 1, mem: 0, disk: 0 } }],
      frameworks: [{ id: 'F', connected: false, active: false }],
    })
    assert.equal(state.view().agents.get('S0')?.offered.cpus, 1)
    assert.equal(state.view().frameworks.get('F')?.connected, false)
    state.refine({ slaves: [], frameworks: [] })
    assert.equal(state.view().agents.get('S0')?.active, false)
  })

  it('keeps a removed framework as completed', () => {
    const state = loaded()
    state.apply(
      operatorEventSchema.parse({
        type: 'FRAMEWORK_REMOVED',
        framework_removed: { framework_info: { id: { value: 'F' }, name: 'marathon' } },
      }),
    )
    assert.equal(state.view().frameworks.get('F')?.completed, true)
  })

  it('gives each batch a new revision', () => {
    const state = loaded()
    assert.notEqual(state.view().revision, state.view().revision)
  })
})

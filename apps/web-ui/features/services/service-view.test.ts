import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { appSchema, queueItemSchema } from '../../api/schemas/marathon.ts'
import type { Services } from '../../api/live/services-state.ts'
import type { Agent } from '../../api/live/cluster-state.ts'
import { nothing } from '../../api/live/resources.ts'
import { usageOf } from '../cluster/usage.ts'
import { configurationOf, describeChange } from './app-document.ts'
import { forbidden } from './capabilities.ts'
import { nearestAgents } from './explain.ts'
import { listGroup, serviceView } from './service-view.ts'

const app = (more: object = {}) =>
  appSchema.parse({ id: '/shop/cart', instances: 2, cpus: 4, mem: 128, tasksRunning: 2, ...more })
const agent = (id: string, cpus: number): Agent => ({
  id,
  hostname: id,
  port: 1,
  active: true,
  deactivated: false,
  drain: undefined,
  version: '',
  registeredAt: 0,
  reregisteredAt: undefined,
  attributes: [],
  capabilities: [],
  total: { ...nothing, cpus, mem: 1000, disk: 1000 },
  reserved: nothing,
  offered: nothing,
})
let revision = 1000
const usage = (...agents: Agent[]) =>
  usageOf({
    agents: new Map(agents.map((one) => [one.id, one])),
    frameworks: new Map(),
    tasks: new Map(),
    revision: (revision += 1),
  })
const queueItem = (more: object = {}) =>
  queueItemSchema.parse({ app: { id: '/shop/cart' }, count: 1, delay: { timeLeftSeconds: 0, overdue: true }, ...more })
const view = (options: { app?: object; queue?: object; deploying?: boolean; cpus?: number }) => {
  const services: Services = {
    apps: new Map(),
    deployments:
      options.deploying === true
        ? [
            {
              id: 'd',
              version: '',
              affectedApps: ['/shop/cart'],
              affectedPods: [],
              steps: [],
              currentActions: [],
              currentStep: 1,
              totalSteps: 1,
            },
          ]
        : [],
    queue: new Map(options.queue === undefined ? [] : [['/shop/cart', queueItem(options.queue)]]),
    groups: [],
  }
  return serviceView(app(options.app), services, usage(agent('n1', options.cpus ?? 8)))
}

describe('the status of a service', () => {
  it('is running when all instances are', () => assert.equal(view({}).word, 'Running'))
  it('[dashboard 11.3] waiting names the resource and the largest free agent', () => {
    const waiting = view({ queue: {}, cpus: 2.5, app: { tasksRunning: 0 } })
    assert.equal(waiting.status, 'waiting')
    assert.equal(waiting.reason, 'needs 4 cpus, the largest free agent has 2.5')
  })
  it('waiting falls back to the reasons of the last offers', () => {
    const summary = {
      unusedOffersCount: 3,
      rejectSummaryLastOffers: [{ reason: 'UnfulfilledConstraint', declined: 3, processed: 3 }],
    }
    assert.equal(
      view({ queue: { processedOffersSummary: summary } }).reason,
      'a placement constraint is not met (3 of the last 3 offers)',
    )
  })
  it('crashing tells the last failure and the next try', () => {
    const failed = { lastTaskFailure: { state: 'TASK_FAILED', taskId: 't', timestamp: '', message: 'exit 1' } }
    const crashing = view({
      app: { ...failed, tasksRunning: 0 },
      queue: { delay: { timeLeftSeconds: 30, overdue: false } },
    })
    assert.equal(crashing.word, 'Crashing')
    assert.equal(crashing.reason, 'exit 1; next try in 30s')
    assert.equal(view({ app: { ...failed, tasksRunning: 0 } }).word, 'Crashing')
    assert.equal(view({ app: { ...failed, tasksRunning: 1 } }).word, 'Recovering')
    assert.equal(view({ app: failed }).word, 'Running')
  })
  it('unhealthy counts the failing instances', () =>
    assert.equal(view({ app: { tasksUnhealthy: 1 } }).reason, '1 of 2 unhealthy'))
  it('deploying while a deployment runs', () => assert.equal(view({ deploying: true }).word, 'Deploying'))
  it('stopped with no instances', () =>
    assert.equal(view({ app: { instances: 0, tasksRunning: 0 } }).status, 'stopped'))
  it('starting and degraded by what is staged', () => {
    assert.equal(view({ app: { tasksRunning: 1, tasksStaged: 1 } }).word, 'Starting')
    assert.equal(view({ app: { tasksRunning: 1 } }).word, 'Degraded')
  })
})

describe('what is near', () => {
  it('lists the agents with the least missing first', () => {
    const fits = nearestAgents(app(), usage(agent('small', 2), agent('big', 8)))
    assert.deepEqual(
      fits.map((fit) => [fit.hostname, fit.missing.length]),
      [
        ['big', 0],
        ['small', 1],
      ],
    )
  })
})

describe('groups as folders', () => {
  it('show what is directly in them, empty ones too', () => {
    const one = { ...view({}), id: '/shop/search/api', group: '/shop/search' }
    const listed = listGroup('/shop', [view({}), one], ['/', '/shop', '/shop/empty'])
    assert.deepEqual(
      listed.folders.map((folder) => [folder.id, folder.services.length]),
      [
        ['/shop/empty', 0],
        ['/shop/search', 1],
      ],
    )
    assert.deepEqual(
      listed.services.map((service) => service.id),
      ['/shop/cart'],
    )
  })
})

describe('actions on a service', () => {
  const table: [Parameters<typeof forbidden>[0], Parameters<typeof view>[0], RegExp | undefined][] = [
    ['scale', {}, undefined],
    ['scale', { deploying: true }, /deployment is running/],
    ['edit', { deploying: true }, undefined],
    ['restart', { app: { instances: 0, tasksRunning: 0 } }, /no instances/],
    ['stop', { app: { instances: 0, tasksRunning: 0 } }, /stopped already/],
    ['resume', {}, /not stopped/],
    ['delete', { deploying: true }, undefined],
    ['resetDelay', {}, /No launch/],
  ]
  for (const [action, options, expected] of table)
    it(`${action} is ${expected === undefined ? 'possible' : `off: ${expected.source}`}`, () => {
      const reason = forbidden(action, view(options), { isLive: true })
      if (expected === undefined) assert.equal(reason, undefined)
      else assert.match(reason ?? '', expected)
    })
  it('are all off while the connection is lost', () =>
    assert.match(forbidden('scale', view({}), { isLive: false }) ?? '', /connection/))
})

describe('what saving will do', () => {
  const stored = app({ upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 1 } })
  const next = (more: object) => ({ ...configurationOf(stored), ...more })
  it('leaves out what Marathon computes', () => assert.equal('tasksRunning' in configurationOf(stored), false))
  it('of nothing is nothing', () => assert.equal(describeChange(stored, next({})), 'Nothing changes.'))
  it('of a scale starts or stops', () => {
    assert.equal(describeChange(stored, next({ instances: 5 })), 'Starts 3 more instances.')
    assert.equal(describeChange(stored, next({ instances: 0 })), 'Stops all 2 instances; the configuration stays.')
  })
  it('of a change replaces, and tells how many stay', () =>
    assert.equal(describeChange(stored, next({ cmd: 'y' })), 'Replaces 2 instances, at least 1 stays healthy.'))
})

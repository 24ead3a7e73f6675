import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { marathonEventSchema } from '../schemas/marathon.ts'
import { feedOf, isStale, markStale, nothingStale } from './services-state.ts'

const after = (event: object) => {
  const stale = nothingStale()
  markStale(stale, marathonEventSchema.parse(event))
  return stale
}

describe("Marathon's events", () => {
  it('make the app they name stale', () => {
    assert.deepEqual([...after({ eventType: 'status_update_event', appId: '/a' }).apps], ['/a'])
    assert.deepEqual([...after({ eventType: 'instance_changed_event', runSpecId: '/b' }).apps], ['/b'])
    assert.deepEqual([...after({ eventType: 'api_post_event', appDefinition: { id: '/c' } }).apps], ['/c'])
  })
  it('of deployments make the affected apps and the deployments stale', () => {
    const stale = after({
      eventType: 'deployment_success',
      id: 'd',
      plan: { steps: [{ actions: [{ action: 'ScaleApplication', app: '/a' }] }] },
    })
    assert.deepEqual([...stale.apps], ['/a'])
    assert.equal(stale.deployments, true)
  })
  it('of groups make everything stale', () =>
    assert.equal(after({ eventType: 'group_change_success', groupId: '/' }).everything, true))
  it('leave nothing stale when none came', () => assert.equal(isStale(nothingStale()), false))
  it('tell a person only what a task status does not', () => {
    const line = feedOf(
      marathonEventSchema.parse({
        eventType: 'deployment_failed',
        id: 'd',
        timestamp: '2026-01-01T00:00:00.000Z',
        reason: 'cancelled',
      }),
    )[0]
    assert.equal(line?.status, 'failing')
    assert.equal(line?.why, 'cancelled')
    assert.deepEqual(feedOf(marathonEventSchema.parse({ eventType: 'status_update_event', appId: '/a' })), [])
  })
})

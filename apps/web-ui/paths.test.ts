import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchPath } from 'react-router'
import { pathIdFrom, paths, patterns } from './paths.ts'

/** The first pattern, most specific first, that takes the address. */
function patternOf(address: string): string | undefined {
  const path = address.split('?')[0] ?? ''
  const ranked = Object.entries(patterns).sort(([, a], [, b]) => rank(b) - rank(a))
  return ranked.find(([, pattern]) => matchPath(pattern, path) !== null)?.[0]
}
const rank = (pattern: string) =>
  pattern.split('/').reduce((sum, part) => sum + (part === '*' ? 1 : part.startsWith(':') ? 2 : 10), 0)

describe('paths', () => {
  const visits: [string, string, string][] = [
    ['overview', paths.overview(), '/'],
    ['services', paths.services({ status: 'failing' }), '/services?status=failing'],
    ['serviceGroup', paths.serviceGroup('/shop/search'), '/services/group/shop/search'],
    ['serviceNew', paths.serviceNew({ group: '/shop' }), '/services/new?group=%2Fshop'],
    ['serviceEdit', paths.serviceEdit('/shop/cart'), '/services/edit/shop/cart'],
    ['service', paths.service('/shop/cart', { tab: 'why' }), '/services/app/shop/cart?tab=why'],
    ['deployments', paths.deployments(), '/services/deployments'],
    ['jobs', paths.jobs(), '/jobs'],
    ['jobNew', paths.jobNew({ parent: 'a b' }), '/jobs/new?parent=a+b'],
    ['jobGraph', paths.jobGraph(), '/jobs/graph'],
    ['jobEdit', paths.jobEdit('a #b'), '/jobs/edit/a%20%23b'],
    ['job', paths.job('graph'), '/jobs/job/graph'],
    ['tasks', paths.tasks(), '/tasks'],
    ['task', paths.task('f-1', 'ct:1:0:a b:--x'), '/tasks/f-1/ct%3A1%3A0%3Aa%20b%3A--x'],
    ['nodes', paths.nodes(), '/nodes'],
    ['node', paths.node('x-S1'), '/nodes/x-S1'],
    ['frameworks', paths.frameworks(), '/frameworks'],
    ['framework', paths.framework('f'), '/frameworks/f'],
    ['roles', paths.roles(), '/roles'],
    ['events', paths.events(), '/events'],
    ['system', paths.system(), '/system'],
  ]
  for (const [name, address, expected] of visits)
    it(`leads to ${name}`, () => {
      assert.equal(address, expected)
      assert.equal(patternOf(address), name)
    })

  it('covers every pattern', () => assert.deepEqual(visits.map(([name]) => name).sort(), Object.keys(patterns).sort()))
  it('shows the root group as the list of services', () => assert.equal(paths.serviceGroup('/'), '/services'))
  it('reads an id back from the rest of an address', () => {
    assert.equal(pathIdFrom('shop//cart/'), '/shop/cart')
    assert.equal(pathIdFrom(undefined), '/')
  })
})

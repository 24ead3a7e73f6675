import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaderRedirect } from './leader-redirect.ts'

const from = { upstream: 'http://a:5050', path: '/master/state?x=1' }
const answer = (statusCode: number, location?: string) => ({
  statusCode,
  headers: location === undefined ? {} : { location },
})

test('the same path at another server names the leader, with and without a scheme', () => {
  assert.equal(leaderRedirect(answer(307, '//b:5050/master/state?x=1'), from), 'http://b:5050')
  assert.equal(leaderRedirect(answer(302, 'https://b:8443/master/state?x=1'), from), 'https://b:8443')
})

test('other redirects are for the client: another path, the same server, another status, no address', () => {
  for (const other of [
    answer(307, '//b:5050'),
    answer(307, '/master/state?x=1'),
    answer(301, '//b:5050/master/state?x=1'),
    answer(307, 'http://['),
    answer(307),
    answer(200),
  ])
    assert.equal(leaderRedirect(other, from), undefined)
})

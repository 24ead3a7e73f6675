import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestHeaders, responseHeaders, rewriteLocation } from './headers.ts'

const route = { prefix: '/service/marathon', upstream: 'http://127.0.0.1:8080' }

test('[platform 9] a redirect of the upstream to itself stays under the prefix', () => {
  assert.equal(rewriteLocation('/v2/apps', route), '/service/marathon/v2/apps')
  assert.equal(rewriteLocation('http://127.0.0.1:8080/v2/info', route), '/service/marathon/v2/info')
  assert.equal(rewriteLocation('http://127.0.0.1:8080', route), '/service/marathon/')
})

test('a redirect to somewhere else passes untouched', () => {
  for (const location of ['//other:5050/x', 'https://example.org/', 'relative'])
    assert.equal(rewriteLocation(location, route), location)
})

test('headers of one connection are not passed on in either direction', () => {
  const headers = { connection: 'close, x-mine', 'x-mine': '1', 'transfer-encoding': 'chunked', accept: '*/*' }
  const client = { address: '10.0.0.9', protocol: 'http' }
  assert.deepEqual(requestHeaders(headers, client), {
    accept: '*/*',
    'x-forwarded-for': '10.0.0.9',
    'x-real-ip': '10.0.0.9',
    'x-forwarded-proto': 'http',
  })
  assert.deepEqual(responseHeaders({ connection: 'keep-alive', 'content-type': 'a/b' }, route), {
    'content-type': 'a/b',
  })
})

test('a client behind another proxy is appended to x-forwarded-for', () => {
  const headers = requestHeaders({ 'x-forwarded-for': '1.1.1.1' }, { address: '2.2.2.2', protocol: 'http' })
  assert.equal(headers['x-forwarded-for'], '1.1.1.1, 2.2.2.2')
})

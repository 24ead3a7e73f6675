import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEtcdUrl } from './etcd-url.ts'

const none = { caFile: undefined, certFile: undefined, keyFile: undefined, user: undefined, passwordFile: undefined }

test('endpoints, prefix and the files for TLS and login are taken from the URL', () => {
  assert.deepEqual(parseEtcdUrl('etcd://10.0.0.1:2379,h2:2379,[::1]:2379/thermo/sphere/'), {
    endpoints: ['10.0.0.1:2379', 'h2:2379', '[::1]:2379'],
    prefix: 'thermo/sphere',
    isSecure: false,
    ...none,
  })
  const query = 'ca_file=/ca&cert_file=/c&key_file=/k&user=u&password_file=/p'
  assert.deepEqual(parseEtcdUrl(`etcd://h:1/p?${query}`), {
    endpoints: ['h:1'],
    prefix: 'p',
    isSecure: true,
    caFile: '/ca',
    certFile: '/c',
    keyFile: '/k',
    user: 'u',
    passwordFile: '/p',
  })
  assert.equal(parseEtcdUrl('etcds://h:1/p').isSecure, true)
})

for (const [url, message] of [
  ['etcd:h:1/p', /is not etcd:\/\/<host>:<port>/],
  ['etcd:///p', /is not etcd:\/\/<host>:<port>/],
  ['etcd://h/p', /"h" is no <host>:<port>/],
  ['etcd://h:1,,i:2/p', /"" is no <host>:<port>/],
  ['etcd://h:1', /has no \/<prefix> after the endpoints/],
  ['etcd://h:1//', /has no \/<prefix> after the endpoints/],
  ['etcd://h:1/a b', /has a prefix with other characters/],
  ['etcd://root:secret@h:1/p', /has a login in it; use \?user=<name>&password_file=<path>/],
  ['etcd://h:1/p?password=x', /has the unknown parameter password; known are ca_file/],
  ['etcd://h:1/p?user=a&user=b', /has user twice/],
  ['etcd://h:1/p?user=a', /user and password_file belong together/],
  ['etcd://h:1/p?key_file=a', /cert_file and key_file belong together/],
  ['etcd://h:1/p?ca_file=', /ca_file is empty/],
  ['etcds://10.0.0.1:2379/p', /10.0.0.1:2379 is an address; with TLS name the host/],
] as const) {
  test(`${url} is refused with one sentence`, () => {
    assert.throws(() => parseEtcdUrl(url), { code: 'STORE_ARGUMENT_INVALID', message })
  })
}

import { StartupError } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { ExecutorTokens, readTokenKey } from './executor-tokens.ts'

const key = Buffer.from('key-of-the-agent')
const claims = { frameworkId: 'f', executorId: 'e', containerId: 'c' }
const tokens = new ExecutorTokens(key)

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function signed(header: unknown, payload: unknown, by: Uint8Array = key): string {
  const body = `${part(header)}.${part(payload)}`
  return `${body}.${createHmac('sha256', by).update(body).digest('base64url')}`
}

const hs256 = { alg: 'HS256', typ: 'JWT' }
const ids = { cid: 'c', eid: 'e', fid: 'f' }

suite('[mesos 204] tokens of executors', () => {
  test('are JSON Web Tokens with the claims that Mesos gives, the same from each agent with the key', () => {
    // Made with the hmac module of Python.
    const wanted =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjaWQiOiJjIiwiZWlkIjoiZSIsImZpZCI6ImYifQ.' +
      'rg59-MT7YNPAdlkbn4cGVH80cc_MxecOH0esYRu2WQE'
    assert.equal(tokens.sign(claims), wanted)
    assert.deepEqual(new ExecutorTokens(key).read(wanted), claims)
  })

  const inAnHour = Math.floor(Date.now() / 1000) + 3600
  test('are read as well when they have an end that is not over', () => {
    assert.deepEqual(tokens.read(signed(hs256, { ...ids, exp: inAnHour })), claims)
  })

  const good = tokens.sign(claims)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const foreign: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no parts', 'x'],
    ['no signature', `${header}.${payload}.`],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${good}.x`],
    ['a part of the signature', good.slice(0, -4)],
    ['other claims under the signature', `${header}.${part({ ...ids, eid: 'other' })}.${signature}`],
    ['another key', signed(hs256, ids, Buffer.from('another key'))],
    ['no algorithm', signed({ alg: 'none' }, ids)],
    ['no algorithm and no signature', `${part({ alg: 'none' })}.${payload}.`],
    ['another algorithm', signed({ alg: 'HS512' }, ids)],
    ['a missing claim', signed(hs256, { cid: 'c', eid: 'e' })],
    ['a claim that is no text', signed(hs256, { ...ids, fid: 1 })],
    ['a payload that is no JSON', signed(hs256, '{')],
    ['an end that is over', signed(hs256, { ...ids, exp: 1 })],
    ['more than is read', signed(hs256, { ...ids, more: 'x'.repeat(10_000) })],
  ]
  for (const [what, token] of foreign)
    test(`with ${what} are refused`, () => assert.equal(tokens.read(token), undefined))
})

suite('[mesos 204] the key of tokens', () => {
  const directory = mkdtempSync(join(tmpdir(), 'key-'))
  after(() => rmSync(directory, { recursive: true }))

  test('is the whole content of its file', () => {
    const path = join(directory, 'key')
    writeFileSync(path, 'key\n')
    assert.equal(Buffer.from(readTokenKey(path)).toString(), 'key\n')
  })

  test('is wanted: a file that is empty or not there is refused with its name', () => {
    const path = join(directory, 'empty')
    writeFileSync(path, '')
    const refused = (why: RegExp) => (error: unknown) => error instanceof StartupError && why.test(error.message)
    assert.throws(() => readTokenKey(path), refused(/--jwt_secret_key: .*\/empty is empty/))
    assert.throws(() => readTokenKey('/no/such'), refused(/--jwt_secret_key: \/no\/such cannot be read \(ENOENT\)/))
  })
})

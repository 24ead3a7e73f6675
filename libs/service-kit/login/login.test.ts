import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { StartupError } from '../lifecycle/startup-error.ts'
import { BasicLogin } from './basic-login.ts'
import { createLogger } from '../lifecycle/logger.ts'
import { frameworkCredential } from './framework-login.ts'
import { isReadByOthers, readCredential, readCredentials } from './credentials.ts'

const directory = mkdtempSync(join(tmpdir(), 'login-'))
after(() => rmSync(directory, { recursive: true }))

const file = (content: string, mode = 0o600): string => {
  const path = join(directory, 'credentials.json')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

suite('[mesos 201] HTTP basic authentication', () => {
  const login = new BasicLogin(
    'r',
    new Map([
      ['alice', 'geheim:1'],
      ['zoë', 'ü'],
    ]),
  )
  const cases: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['no header', undefined, undefined],
    ['the right secret', basic('alice:geheim:1'), 'alice'],
    ['any case of the scheme', basic('alice:geheim:1').replace('Basic', 'bAsIc'), 'alice'],
    ['characters beyond ASCII', basic('zoë:ü'), 'zoë'],
    ['a wrong secret', basic('alice:geheim:2'), undefined],
    ['a part of the secret', basic('alice:geheim'), undefined],
    ['no secret', basic('alice:'), undefined],
    ['no colon', basic('alice'), undefined],
    ["another's secret", basic('zoë:geheim:1'), undefined],
    ['an unknown principal', basic('bob:geheim:1'), undefined],
    ['another scheme', basic('alice:geheim:1').replace('Basic', 'Bearer'), undefined],
    ['no base64', 'Basic alice:geheim:1', undefined],
    ['something after it', `${basic('alice:geheim:1')} x`, undefined],
  ]
  for (const [what, header, principal] of cases) {
    test(`${what} is ${principal ?? 'nobody'}`, () => assert.equal(login.principalOf(header), principal))
  }

  test('the challenge names the realm', () => assert.equal(login.challenge, 'Basic realm="r"'))
})

suite('[mesos 201] a file of credentials', () => {
  test('has secrets by principal', () => {
    const path = file('{"credentials":[{"principal":"a","secret":"1"},{"principal":"b","secret":"2"}]}')
    assert.deepEqual(
      [...readCredentials('--credentials', path)],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    )
  })

  test('of an agent has one', () => {
    assert.deepEqual(readCredential('--credential', file('{"principal":"a","secret":"1"}')), {
      principal: 'a',
      secret: '1',
    })
  })

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['the text form that Mesos gave up', 'alice hush', /is not JSON/],
    ['no secret', '{"credentials":[{"principal":"hush"}]}', /at credentials\.0\.secret/],
    ['an empty secret', '{"credentials":[{"principal":"hush","secret":""}]}', /at credentials\.0\.secret/],
    ['a list', '[{"principal":"a","secret":"hush"}]', /at its top/],
    [
      'a principal twice',
      '{"credentials":[{"principal":"a","secret":"hush"},{"principal":"a","secret":"hush"}]}',
      /twice/,
    ],
    ['a colon', '{"credentials":[{"principal":"a:b","secret":"hush"}]}', /colon/],
  ]
  for (const [what, content, why] of refused) {
    test(`with ${what} is refused, and no secret is told`, () => {
      assert.throws(
        () => readCredentials('--credentials', file(content)),
        (error: Error) =>
          error instanceof StartupError && why.test(error.message) && !/"hush"| hush/.test(error.message),
      )
    })
  }

  test('that is not there is refused with its name', () => {
    assert.throws(
      () => readCredentials('--credentials', '/no/such'),
      /--credentials: \/no\/such cannot be read \(ENOENT\)/,
    )
  })

  test('that everybody can read is noticed', () => {
    assert.deepEqual([isReadByOthers(file('{}', 0o644)), isReadByOthers(file('{}', 0o640))], [true, false])
  })
})

test('a secret file that cannot be read is told with its path, each time', () => {
  const told: object[] = []
  const logger = createLogger({ name: 'test', level: 'fatal' })
  logger.error = (...[record]: readonly unknown[]) => void told.push(record as object)
  const login = { principal: 'p', secretFile: join(directory, 'missing') }
  assert.throws(() => frameworkCredential(login, logger), { code: 'ENOENT' })
  assert.throws(() => frameworkCredential(login, logger), { code: 'ENOENT' })
  assert.deepEqual(
    told.map((record) => 'secretFile' in record && record.secretFile),
    [login.secretFile, login.secretFile],
  )
})

test('a realm cannot break out of its header, and the password of one user may have colons', () => {
  const login = BasicLogin.ofUser('a"b\\c', 'ann:x:y')
  assert.equal(login.challenge, 'Basic realm="abc"')
  assert.equal(login.principalOf(basic('ann:x:y')), 'ann')
  assert.equal(login.principalOf(basic('ann:x')), undefined)
})

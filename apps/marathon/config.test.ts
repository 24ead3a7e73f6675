import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLogger, frameworkCredential } from '@thermosphere/service-kit'
import { configOf, loginOf } from './config.ts'

const directory = mkdtempSync(join(tmpdir(), 'marathon-config-'))
after(() => rmSync(directory, { recursive: true }))
const file = join(directory, 'secret')
const logger = createLogger({ name: 'test', level: 'fatal' })
const base = ['--master', '127.0.0.1:5050', '--mesos_authentication_principal', 'marathon']

test('[mesos 203] Marathon logs in to Mesos with the secret of a file, which may change', () => {
  const config = configOf([...base, '--mesos_authentication', '--mesos_authentication_secret_file', file])
  for (const secret of ['first', 'second']) {
    writeFileSync(file, `${secret}\n`)
    assert.deepEqual(frameworkCredential(loginOf(config), logger), { principal: 'marathon', secret })
  }
})

test('[mesos 203] or with the one of its command line; without any it logs in as nobody', () => {
  const given = configOf([...base, '--mesos_authentication_secret', 's'])
  assert.deepEqual(frameworkCredential(loginOf(given), logger), { principal: 'marathon', secret: 's' })
  assert.equal(frameworkCredential(loginOf(configOf(base)), logger), undefined)
})

test('two secrets, or a login without a principal, are refused', () => {
  const two = ['--mesos_authentication_secret', 's', '--mesos_authentication_secret_file', file]
  assert.throws(() => configOf([...base, ...two]), /one secret is enough/)
  assert.throws(() => configOf(['--master', '127.0.0.1:5050', '--mesos_authentication']), /name who logs in/)
})

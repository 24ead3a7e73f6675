import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { configOf } from '../../config.ts'
import { looseJson, runMaster } from '../../testing/running-master.ts'
import type { RunningMaster } from '../../testing/running-master.ts'

const login = (principal: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${principal}:s`).toString('base64')}`,
})
const json = { 'Content-Type': 'application/json', Accept: 'application/json' }

suite('[mesos 205] a master with rules in a file', () => {
  let master: RunningMaster
  let directory: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'acls-'))
    const [credentials, acls] = [join(directory, 'credentials'), join(directory, 'acls')]
    const principals = ['ops', 'dev'].map((principal) => ({ principal, secret: 's' }))
    await writeFile(credentials, JSON.stringify({ credentials: principals }), { mode: 0o600 })
    const any = { type: 'ANY' }
    const rules = {
      update_weights: [
        { principals: { values: ['ops'] }, roles: any },
        { principals: any, roles: { type: 'NONE' } },
      ],
      register_frameworks: [
        { principals: { values: ['dev'] }, roles: { values: ['dev/%'] } },
        { principals: any, roles: { type: 'NONE' } },
      ],
    }
    await writeFile(acls, JSON.stringify(rules))
    master = await runMaster(
      ...['--registry=in_memory', `--credentials=${credentials}`, `--acls=file://${acls}`],
      ...['--authenticate_http_readwrite', '--authenticate_http_frameworks'],
      '--http_framework_authenticators=basic',
    )
  })
  after(async () => {
    await master.close()
    await rm(directory, { recursive: true })
  })

  const weigh = (principal: string): Promise<Response>[] => [
    fetch(`${master.url}/weights`, { method: 'PUT', headers: login(principal), body: '[{"role":"r","weight":2}]' }),
    fetch(`${master.url}/api/v1`, {
      method: 'POST',
      headers: { ...json, ...login(principal) },
      body: '{"type":"UPDATE_WEIGHTS","update_weights":{"weight_infos":[{"role":"r","weight":2}]}}',
    }),
  ]

  test('refuses by 403 what they forbid, on the old and on the new endpoint', async () => {
    for (const response of await Promise.all(weigh('dev'))) {
      assert.deepEqual([response.status, await response.text()], [403, '403 Forbidden.'])
    }
    for (const response of await Promise.all(weigh('ops'))) assert.equal(response.status, 200)
  })

  const firstEvent = async (role: string): Promise<string> => {
    const framework_info = { user: 'root', name: 'f', roles: [role], capabilities: [{ type: 'MULTI_ROLE' }] }
    const abort = new AbortController()
    const response = await fetch(`${master.url}/api/v1/scheduler`, {
      method: 'POST',
      headers: { ...json, ...login('dev') },
      body: JSON.stringify({ type: 'SUBSCRIBE', subscribe: { framework_info } }),
      signal: abort.signal,
    })
    const read = await response.body?.getReader().read()
    abort.abort()
    return Buffer.from(read?.value ?? []).toString()
  }

  test('[mesos 207] judges a framework by the principal that it logged in as', async () => {
    assert.match(await firstEvent('dev/a'), /"SUBSCRIBED"/)
    assert.match(await firstEvent('dev'), /Not authorized to use role 'dev' as 'dev'/)
  })

  test('shows the rules as they were given', async () => {
    const { flags } = await looseJson(fetch(`${master.url}/flags`))
    assert.match(String(flags?.acls), /"update_weights"/)
  })
})

suite('[mesos 205] a master does not start with rules', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'that name agents, which cannot log in',
      '{"register_agents":[{"principals":{"values":["a"]},"agents":{"type":"ANY"}}]}',
      /register_agents names the principal 'a', but agents cannot log in/,
    ],
    ['that are misspelt', '{"run_task":[]}', /run_task.*is no action/],
    ['that are no JSON', '{', /must be JSON/],
  ]
  for (const [what, acls, why] of cases) test(what, () => assert.throws(() => configOf([`--acls=${acls}`]), why))
})

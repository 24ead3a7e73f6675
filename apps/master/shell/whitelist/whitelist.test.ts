import { createLogger, StartupError } from '@thermosphere/service-kit'
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { FakeAgent, runMaster, TestScheduler } from '../../testing/running-master.ts'
import { Whitelist } from './whitelist.ts'

const logger = createLogger({ name: 'whitelist-test', level: 'fatal' })

async function listFile(t: TestContext, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'whitelist-'))
  t.after(() => rm(directory, { recursive: true }))
  const path = join(directory, 'hosts')
  await writeFile(path, text)
  return path
}

async function told(t: TestContext, path: string): Promise<(readonly string[] | undefined)[]> {
  const whitelist = new Whitelist({ path, logger, intervalMs: 5 })
  await whitelist.start()
  t.after(() => whitelist.close())
  const lists: (readonly string[] | undefined)[] = []
  whitelist.listen((hostnames) => void lists.push(hostnames))
  return lists
}

test('a list of hosts is told at once, and again when the file has changed', async (t) => {
  const path = await listFile(t, 'h1\n\n  h2  \r\n')
  const lists = await told(t, path)
  assert.deepEqual(lists, [['h1', 'h2']])
  await writeFile(path, 'h3')
  await eventually('the change', () => lists.at(-1)?.[0] === 'h3')
})

test('a file that is away leaves the last list in force until it is back', async (t) => {
  const path = await listFile(t, 'h1')
  const lists = await told(t, path)
  await rm(path)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(lists, [['h1']])
  await writeFile(path, 'h2')
  await eventually('the change', () => lists.at(-1)?.[0] === 'h2')
})

test('* is no list', async (t) => {
  assert.deepEqual(await told(t, '*'), [undefined])
})

test('a master whose list cannot be read does not start', async () => {
  await assert.rejects(new Whitelist({ path: '/nowhere/hosts', logger }).start(), (error) => {
    assert.ok(error instanceof StartupError)
    return /--whitelist=\/nowhere\/hosts cannot be read: ENOENT/.test(error.message)
  })
})

test('[mesos 19] only listed hosts get offers; others within 5 s after they are added to the file', async (t) => {
  const path = await listFile(t, 'another-host')
  const master = await runMaster(`--whitelist=${path}`)
  t.after(() => master.close())
  const agent = new FakeAgent(master.port)
  t.after(() => agent.close())
  const scheduler = await new TestScheduler(master.url).subscribe()
  t.after(() => scheduler.close())
  const isOffered = (): boolean => scheduler.events.some((event) => event.offers)
  await agent.register()
  await new Promise((resolve) => setTimeout(resolve, 1500))
  assert.ok(!isOffered())
  await writeFile(path, 'another-host\nlocalhost\n')
  const startedAt = performance.now()
  await eventually('an offer', isOffered)
  assert.ok(performance.now() - startedAt < 6000)
})

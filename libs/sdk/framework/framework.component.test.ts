import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { suite, test } from 'node:test'
import { fileIdStore, FrameworkError } from '../index.ts'
import { clusterOf, frameworkOf, launchOne, memoryIdStore, sleeper, takeOffer } from '../testing/frameworks.ts'

const withCode =
  (code: string) =>
  (error: unknown): true => {
    assert.ok(error instanceof FrameworkError, String(error))
    assert.equal(error.code, code, error.message)
    return true
  }

suite('the end of a framework', () => {
  test('a teardown ends the loop over offers, the tasks and the memory of the id', async (t) => {
    const cluster = await clusterOf(t)
    const idStore = memoryIdStore()
    const { framework } = frameworkOf(t, cluster, { idStore })
    const id = await framework.start()
    assert.equal(idStore.stored, id)
    const task = await launchOne(framework, sleeper)
    await task.running()
    const offers = framework.offers()
    const loop = (async () => {
      for await (const offer of offers) offer.decline()
    })()
    await framework.teardown()
    await loop
    await framework.ended()
    await assert.rejects(task.ended(), withCode('TORN_DOWN'))
    assert.equal(idStore.stored, undefined)
    assert.deepEqual((await cluster.state()).frameworks, [])
  })

  test('an operator who tears it down ends the loop with an error that says so', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    const id = await framework.start()
    const task = await launchOne(framework, sleeper)
    await task.running()
    const answer = await fetch(`${cluster.url('master')}/teardown`, { method: 'POST', body: `frameworkId=${id}` })
    assert.equal(answer.status, 200)
    const loop = async (): Promise<void> => {
      for await (const offer of framework.offers()) offer.decline()
    }
    await assert.rejects(loop(), withCode('REMOVED'))
    await assert.rejects(framework.ended(), withCode('REMOVED'))
    await assert.rejects(task.finished(), withCode('REMOVED'))
  })

  test('one that was away for longer than its failover timeout is refused with the way out', async (t) => {
    const cluster = await clusterOf(t, { clock: 'virtual' })
    const options = { idStore: memoryIdStore(), failoverTimeoutMs: 60_000 }
    const first = frameworkOf(t, cluster, options)
    await first.framework.start()
    await first.framework.close()
    await cluster.waitFor(async () => (await cluster.state()).frameworks.every(({ connected }) => !connected), {
      what: 'the master has noticed',
    })
    await cluster.clock.advance('2m')
    const late = frameworkOf(t, cluster, options)
    await assert.rejects(late.framework.start(), (error: unknown) => {
      withCode('REMOVED')(error)
      assert.match(String(error), /`clear` its id store/)
      return true
    })
    await options.idStore.clear()
    await frameworkOf(t, cluster, options).framework.start()
  })

  test('a second instance takes over the tasks, and the first is told', async (t) => {
    const cluster = await clusterOf(t)
    const folder = mkdtempSync(`${tmpdir()}/thermosphere-sdk-`)
    t.after(() => rmSync(folder, { recursive: true }))
    const idStore = fileIdStore(`${folder}/state/id.json`)
    const first = frameworkOf(t, cluster, { idStore })
    const id = await first.framework.start()
    const before = await launchOne(first.framework, sleeper)
    await before.running()
    const second = frameworkOf(t, cluster, { idStore })
    const [adopted] = second.framework.adopt([{ id: before.id }])
    assert.equal(await second.framework.start(), id)
    await assert.rejects(first.framework.ended(), withCode('FAILED_OVER'))
    assert.equal((await adopted?.running())?.reason, 'REASON_RECONCILIATION')
    assert.equal(adopted?.agentId, before.agentId)
    assert.equal((await adopted?.kill())?.state, 'TASK_KILLED')
  })

  test('a wrong secret is refused with the way out', async (t) => {
    const folder = mkdtempSync(`${tmpdir()}/thermosphere-sdk-`)
    t.after(() => rmSync(folder, { recursive: true }))
    const path = `${folder}/credentials.json`
    writeFileSync(path, JSON.stringify({ credentials: [{ principal: 'tests', secret: 'right' }] }), { mode: 0o600 })
    const flags = [`credentials=${path}`, 'authenticate_http_frameworks=true', 'http_framework_authenticators=basic']
    const cluster = await clusterOf(t, { agents: 0, flags: { master: flags } })
    const wrong = frameworkOf(t, cluster, { credential: { principal: 'tests', secret: 'wrong' } })
    await assert.rejects(wrong.framework.start(), withCode('UNAUTHENTICATED'))
    const right = frameworkOf(t, cluster, { credential: () => ({ principal: 'tests', secret: 'right' }) })
    await right.framework.start()
  })

  test('an id that cannot be stored ends the framework before it gets an offer', async (t) => {
    const cluster = await clusterOf(t)
    const idStore = { ...memoryIdStore(), save: () => Promise.reject(new Error('disk full')) }
    const { framework } = frameworkOf(t, cluster, { idStore })
    const offer = takeOffer(framework)
    await assert.rejects(framework.start(), withCode('ID_STORE_FAILED'))
    await assert.rejects(offer, withCode('ID_STORE_FAILED'))
  })
})

suite('masters that come and go', () => {
  test('tasks are the same, and can be killed, after two leaders have ended', async (t) => {
    const cluster = await clusterOf(t, { masters: 3 })
    const { framework, events } = frameworkOf(t, cluster)
    await framework.start()
    const task = await launchOne(framework, sleeper)
    await task.running()
    const subscriptions = (): number => events.filter(({ type }) => type === 'SUBSCRIBED').length
    for (const round of [1, 2]) {
      await cluster.kill(await leaderOf(cluster))
      await cluster.waitFor(() => subscriptions() === round + 1, {
        what: 'the next leader is found',
        timeoutMs: 30_000,
      })
      if (round === 1) await cluster.restart(await deadOf(cluster))
    }
    await cluster.waitFor(async () => (await cluster.state()).tasks.some(({ state }) => state === 'TASK_RUNNING'), {
      what: 'the last leader knows the task',
      timeoutMs: 30_000,
    })
    assert.equal((await task.kill()).state, 'TASK_KILLED')
    await launchOne(framework, { ...sleeper, name: 'next' })
  })

  test('a launch whose answer was lost is made once, and its task is heard of', async (t) => {
    const cluster = await clusterOf(t)
    const { framework, events } = frameworkOf(t, cluster)
    await framework.start()
    const offer = await takeOffer(framework)
    // The launch goes out on the connection of this call: a new one would not come about.
    await framework.call({ type: 'REVIVE' })
    cluster.partition('master', 'outside', 'forth')
    const launched = await offer.launch([{ ...sleeper, id: 'once' }])
    assert.equal(launched?.[0]?.state, 'TASK_STAGING')
    cluster.heal()
    await launched?.[0]?.running()
    assert.equal(events.filter(({ type }) => type === 'SUBSCRIBED').length, 2)
    assert.deepEqual(
      (await cluster.state()).tasks.map(({ id }) => id),
      ['once'],
    )
  })

  test('suppressed roles stay suppressed over a new subscription, until they are revived', async (t) => {
    const cluster = await clusterOf(t)
    const { framework, events } = frameworkOf(t, cluster)
    await framework.start()
    await takeOffer(framework)
    framework.suppress()
    await cluster.kill('master')
    await cluster.restart('master')
    const isBack = async (): Promise<boolean> => (await cluster.state()).agents.some(({ active }) => active)
    await cluster.waitFor(async () => framework.isConnected && (await isBack()), { what: 'all are back' })
    const since = events.findLastIndex(({ type }) => type === 'SUBSCRIBED')
    // Allocations are made each second, and at once for whoever comes.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    assert.deepEqual(
      events.slice(since).filter(({ type }) => type === 'OFFERS'),
      [],
    )
    framework.revive()
    await takeOffer(framework)
  })
})

type Masters = { readonly names: readonly string[]; isRunning(name: string): boolean; url(name: string): string }

const masterNames = ({ names }: Masters): string[] => names.filter((name) => name.startsWith('master'))

async function leaderOf(cluster: Masters): Promise<string> {
  for (const name of masterNames(cluster).filter((one) => cluster.isRunning(one))) {
    const { status } = await fetch(`${cluster.url(name)}/state`, { redirect: 'manual' })
    if (status === 200) return name
  }
  throw new Error('nobody leads')
}

async function deadOf(cluster: Masters): Promise<string> {
  return masterNames(cluster).find((name) => !cluster.isRunning(name)) ?? ''
}

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Cluster } from '@thermosphere/simulation'
import { OfferError } from '../index.ts'
import { clusterOf, frameworkOf, sleeper, small, takeOffer } from '../testing/frameworks.ts'

type Frameworks = { readonly frameworks: readonly { readonly offers: readonly { readonly id: string }[] }[] }

/** Offers that the master has out. */
async function offersOut(cluster: Cluster): Promise<number> {
  const answer = await fetch(`${cluster.url('master')}/frameworks`)
  const { frameworks } = (await answer.json()) as Frameworks
  return frameworks.flatMap(({ offers }) => offers).length
}

suite('offers that nobody answers', () => {
  test('beyond the bound are declined at once, and the others when they are old', async (t) => {
    const cluster = await clusterOf(t, { agents: 3 })
    const refuseMs = 600_000
    const { framework } = frameworkOf(t, cluster, { offers: { heldMax: 1, holdMs: 3_000, refuseMs } })
    await framework.start()
    await cluster.waitFor(async () => (await offersOut(cluster)) === 1, { what: 'one is held', timeoutMs: 2_500 })
    await cluster.waitFor(async () => (await offersOut(cluster)) === 0, { what: 'and then it is declined' })
  })

  test('are declined by a loop that asks for the next, unless they are kept', async (t) => {
    const cluster = await clusterOf(t, { agents: 2 })
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const offers = framework.offers()
    const { value: first } = await offers.next()
    first.keep()
    const { value: second } = await offers.next()
    assert.equal(first.isOpen, true)
    assert.notEqual(first.agentId, second.agentId)
    const third = offers.next()
    assert.equal(second.isOpen, false)
    await second.launch([sleeper]).then((launched: unknown) => assert.equal(launched, undefined))
    assert.equal((await first.launch([sleeper]))?.length, 1)
    await assert.rejects(first.launch([sleeper]), { name: 'OfferError', code: 'OFFER_ANSWERED' })
    await third
    assert.deepEqual(await offers.return?.(), { value: undefined, done: true })
  })

  test('of a suppressed role are given back', async (t) => {
    const cluster = await clusterOf(t, { agents: 2 })
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    await cluster.waitFor(async () => (await offersOut(cluster)) === 2, { what: 'two are held' })
    framework.suppress()
    await cluster.waitFor(async () => (await offersOut(cluster)) === 0, { what: 'both are declined' })
  })
})

suite('offers that the master takes back', () => {
  test('vanish, whether they wait for the loop or are in it', async (t) => {
    const cluster = await clusterOf(t, { agents: 3 })
    const { framework, events } = frameworkOf(t, cluster, { offers: { refuseMs: 600_000 } })
    await framework.start()
    await cluster.waitFor(async () => (await offersOut(cluster)) === 3, { what: 'three offers are out' })
    const offers = framework.offers()
    const { value: taken } = await offers.next()
    taken.keep()
    const agents = ['agent-1', 'agent-2', 'agent-3']
    const ports = new Map(agents.map((name) => [new URL(cluster.url(name)).port, name]))
    const nameOf = (url: { address: { port: number } } | undefined): string =>
      ports.get(String(url?.address.port)) ?? ''
    const lost = nameOf(taken.info.url)
    const other = agents.find((name) => name !== lost) ?? ''
    for (const name of [lost, other]) await cluster.kill(name)
    await cluster.waitFor(() => events.filter(({ type }) => type === 'RESCIND').length === 2, {
      what: 'both rescinded',
    })
    assert.equal(taken.isOpen, false)
    assert.equal(await taken.launch([sleeper]), undefined)
    const { value: left } = await offers.next()
    assert.equal(left.isOpen, true)
    assert.ok(![lost, other].includes(nameOf(left.info.url)))
  })

  test('vanish with the connection', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const offer = await takeOffer(framework)
    await cluster.kill('master')
    await cluster.waitFor(() => !framework.isConnected, { what: 'the framework has noticed' })
    assert.equal(await offer.launch([sleeper]), undefined)
    assert.deepEqual(framework.tasks, [])
  })
})

suite('a launch', () => {
  test('that does not fit launches nothing and says what is missing', async (t) => {
    const cluster = await clusterOf(t, { resources: 'cpus:1;mem:128;disk:64' })
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const offer = await takeOffer(framework)
    const tasks = [sleeper, { ...sleeper, id: 'large', resources: { cpus: 0.95 } }]
    await assert.rejects(offer.launch(tasks), (error: unknown) => {
      assert.ok(error instanceof OfferError)
      assert.equal(error.code, 'OFFER_TOO_SMALL')
      assert.match(error.message, /task large does not fit: 0.95 cpus are needed, 0.9 are free/)
      return true
    })
    assert.equal(offer.isOpen, true)
    const [task] = (await offer.launch([{ ...sleeper, resources: { ...small, ports: 0 } }])) ?? []
    assert.equal((await task?.running())?.state, 'TASK_RUNNING')
  })

  test('gives tasks their ports, and the attributes of the agent are there to choose by', async (t) => {
    const cluster = await clusterOf(t, {
      resources: 'cpus:1;mem:128;disk:64;ports:[31000-31001,31005-31009]',
      flags: { agent: ['attributes=rack:a;slots:4'] },
    })
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const offer = await takeOffer(framework)
    assert.deepEqual(Object.fromEntries(offer.attributes), { rack: 'a', slots: '4' })
    assert.deepEqual(offer.free, {
      cpus: 1,
      memMib: 128,
      diskMib: 64,
      gpus: 0,
      ports: [31000, 31001, 31005, 31006, 31007, 31008, 31009],
    })
    const launched = await offer.launch([
      { ...sleeper, id: 'any', resources: { ...small, ports: 3 } },
      { ...sleeper, id: 'these', resources: { ...small, ports: [31006, 31009] } },
    ])
    await Promise.all(launched?.map((task) => task.running()) ?? [])
    const next = await takeOffer(framework, ({ free }) => free.ports.length < 7)
    assert.deepEqual(next.free.ports, [31007, 31008])
  })

  test('that the master refuses ends its task with the reason', async (t) => {
    const cluster = await clusterOf(t)
    const { framework } = frameworkOf(t, cluster)
    await framework.start()
    const offer = await takeOffer(framework)
    const [task] = (await offer.launch([{ name: 'empty', resources: small }])) ?? []
    await assert.rejects(task!.running(), { name: 'TaskError', message: /TASK_ERROR \(REASON_TASK_INVALID: / })
  })
})

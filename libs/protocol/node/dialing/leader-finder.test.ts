import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { TestContext } from 'node:test'
import { LeaderFinder } from './leader-finder.ts'
import type { Attempted, Masters } from './leader-finder.ts'

const failed: Attempted = { type: 'failed' }
const movedTo = (to: string): Attempted => ({ type: 'moved', to })

/** With `waitMs` 0 a pause takes no time; `pauses` counts them. */
function finderOf(context: TestContext, masters: Masters, waitMs = 0) {
  const abort = new AbortController()
  context.after(() => abort.abort())
  let pauses = 0
  const random = (): number => {
    pauses += 1
    return 0.5
  }
  const backoff = { minMs: 2 * waitMs, maxMs: 2 * waitMs, random }
  const finder = new LeaderFinder({ masters, backoff, signal: abort.signal })
  const next = async (after?: Attempted): Promise<string | undefined> => (await finder.next(after))?.address
  return { finder, next, abort, pauses: () => pauses }
}

/** A source that says what the test says. */
function scriptedSource(first: string | undefined) {
  let say: (leader: string | undefined) => void = () => undefined
  async function* source(signal: AbortSignal): AsyncGenerator<string | undefined> {
    yield first
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<string | undefined>()
      say = resolve
      signal.addEventListener('abort', () => resolve(undefined))
      yield await promise
    }
  }
  return { source, say: (leader: string | undefined) => say(leader) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

suite('finding the leader in a list', () => {
  test('goes through the list without a pause, then pauses once a round', async (context) => {
    const { next, pauses } = finderOf(context, ['a:1', 'b:1', 'c:1'])
    const asked = [await next(), await next(failed), await next(failed)]
    assert.deepEqual([asked, pauses()], [['a:1', 'b:1', 'c:1'], 0])
    assert.equal(pauses(), 0)
    await next(failed)
    assert.equal(pauses(), 1)
  })

  test('follows a redirect at once, to a server outside the list as well', async (context) => {
    const { next, pauses } = finderOf(context, ['a:1'])
    await next()
    assert.equal(await next(movedTo('http://z:1')), 'http://z:1')
    assert.equal(pauses(), 0)
  })

  test('does not follow a redirect to the one that has just failed, and asks the others first', async (context) => {
    const { next, pauses } = finderOf(context, ['dead:1', 'standby:1', 'other:1'])
    await next()
    assert.equal(await next(failed), 'standby:1')
    assert.equal(await next(movedTo('dead:1')), 'other:1')
    assert.equal(pauses(), 0)
    await next(movedTo('dead:1'))
    assert.equal(pauses(), 1)
  })

  test('asks one that failed again when it is still named after a while', async (context) => {
    const { next, pauses } = finderOf(context, ['dead:1', 'standby:1'])
    await next()
    await next(failed)
    assert.equal(await next({ type: 'moved', to: 'dead:1', again: true }), 'dead:1')
    assert.equal(await next(failed), 'standby:1')
    assert.equal(pauses(), 0)
  })

  test('ends a chain of redirects that names ever new servers', async (context) => {
    const { next, pauses } = finderOf(context, ['a:1'])
    await next()
    for (let i = 0; i < 10 && pauses() === 0; i++) await next(movedTo(`n${i}:1`))
    assert.equal(pauses(), 1)
  })

  test('after a loss pauses once and asks another one before the one that was lost', async (context) => {
    const { next, pauses } = finderOf(context, ['a:1', 'b:1'])
    await next()
    assert.equal(await next({ type: 'lost', wasStable: true }), 'b:1')
    assert.equal(pauses(), 1)
  })

  test('ends when its signal aborts in a pause', async (context) => {
    const { next, abort } = finderOf(context, ['a:1'], 60_000)
    await next()
    const waiting = next(failed)
    abort.abort()
    assert.equal(await waiting, undefined)
  })
})

suite('finding the leader through a source', () => {
  test('waits for somebody to lead and asks that one at once', async (context) => {
    const { source, say } = scriptedSource(undefined)
    const { next } = finderOf(context, source, 60_000)
    const asked = next()
    await turn()
    say('a:1')
    assert.equal(await asked, 'a:1')
  })

  test('asks nobody and wakes up for nothing while nobody leads', async (context) => {
    const { source, say } = scriptedSource('a:1')
    const { next, pauses, abort } = finderOf(context, source)
    await next()
    await turn()
    say(undefined)
    await turn()
    const before = pauses()
    const asked = next({ type: 'lost', wasStable: true })
    for (let i = 0; i < 10; i++) await turn()
    assert.equal(pauses(), before)
    abort.abort()
    assert.equal(await asked, undefined)
  })

  test('tells that an attempt is superseded when another one leads, and then asks without a pause', async (context) => {
    const { source, say } = scriptedSource('a:1')
    const { finder, pauses } = finderOf(context, source)
    const first = await finder.next()
    await turn()
    const before = pauses()
    say('http://a:1')
    await turn()
    assert.equal(first?.superseded.aborted, false)
    say('b:1')
    await turn()
    assert.equal(first?.superseded.aborted, true)
    assert.equal((await finder.next({ type: 'lost', wasStable: true }))?.address, 'b:1')
    assert.equal(pauses(), before)
  })

  test('asks a leader that failed again after a pause, and keeps an attempt while nobody leads', async (context) => {
    const { source, say } = scriptedSource('a:1')
    const { finder } = finderOf(context, source)
    await finder.next()
    const again = await finder.next(failed)
    assert.equal(again?.address, 'a:1')
    await turn()
    say(undefined)
    await turn()
    assert.equal(again?.superseded.aborted, false)
  })
})

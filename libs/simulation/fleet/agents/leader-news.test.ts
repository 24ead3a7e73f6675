import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaderNews } from './leader-news.ts'

test('every follower hears who leads now and of each change, one that was busy of the last', async () => {
  const news = new LeaderNews()
  await news.tell('a:1')
  const halt = new AbortController()
  const followers = Array.from({ length: 3 }, () => news.source(halt.signal)[Symbol.asyncIterator]())
  for (const follower of followers) assert.equal((await follower.next()).value, 'a:1')
  const [waiting, other, busy] = followers.map((follower, i) => (i < 2 ? follower.next() : undefined))
  await news.tell(undefined)
  assert.deepEqual([(await waiting)?.value, (await other)?.value, busy], [undefined, undefined, undefined])
  await news.tell('b:2')
  for (const follower of followers) assert.equal((await follower.next()).value, 'b:2')
  const last = followers.map((follower) => follower.next())
  halt.abort()
  for (const ended of last) assert.equal((await ended).done, true)
})

import { createRandom } from '@thermosphere/effects'
import { Candidate, Deposed, fencedPersist } from '@thermosphere/store'
import type { Leadership, Term } from '@thermosphere/store'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Network, SimDisk, SimProcess, SimStore, StoreView, Trace, VirtualTime } from './index.ts'
import type { Line } from './index.ts'

const always = (): boolean => true

function world(seed: number) {
  const time = new VirtualTime(0)
  const network = new Network(time, createRandom(seed))
  const process = (name: string): SimProcess => new SimProcess({ name, time })
  return { time, network, process, trace: new Trace({ startAt: 0, isKept: true }) }
}

/** `a` tells numbers to `b`, which echoes them. */
function chat(seed: number) {
  const all = world(seed)
  const { time, network, trace } = all
  const a = all.process('a')
  const b = all.process('b')
  network.listen<number, number>({ process: b, service: 'echo' }, (line) => ({
    onMessage: (message) => {
      trace.add(time.now, `b has ${message}`)
      line.send(message)
    },
    onClose: () => trace.add(time.now, 'b knows the end'),
  }))
  const line: Line<number> = network.connect<number, number>(a, 'b/echo', {
    onMessage: (message) => trace.add(time.now, `a has ${message}`),
    onClose: () => trace.add(time.now, 'a knows the end'),
  })
  for (let i = 0; i < 20; i++) a.after(i * 10, () => line.send(i))
  return { ...all, a, b, line, said: () => trace.lines.map((text) => text.slice(text.indexOf(' ') + 1)) }
}

const numbersOf = (said: readonly string[], who: string): number[] =>
  said.filter((text) => text.startsWith(`${who} has`)).map((text) => Number(text.slice(6)))

test('the same seed gives the same trace, another seed another one', async () => {
  const hashes: string[] = []
  for (const seed of [1, 1, 2]) {
    const { time, trace } = chat(seed)
    await time.runUntil(1_000, always)
    hashes.push(trace.hash)
  }
  assert.equal(hashes[0], hashes[1])
  assert.notEqual(hashes[0], hashes[2])
})

test('messages arrive once and in order, also after the way was blocked for a moment', async () => {
  const { time, network, said } = chat(3)
  time.after(55, () => network.block('a', 'b'))
  time.after(1_000, () => network.heal())
  await time.runUntil(900, always)
  assert.ok(numbersOf(said(), 'b').length < 8)
  await time.runUntil(3_000, always)
  const expected = Array.from({ length: 20 }, (_, i) => i)
  assert.deepEqual(numbersOf(said(), 'b'), expected)
  assert.deepEqual(numbersOf(said(), 'a'), expected)
})

test('a way that stays blocked ends the connection on both sides', async () => {
  const { time, network, said } = chat(4)
  time.after(55, () => network.block('a', 'b'))
  await time.runUntil(60_000, always)
  assert.ok(said().includes('a knows the end') && said().includes('b knows the end'))
})

test('a reset loses what is under way, and nothing arrives afterwards', async () => {
  const { time, network, said } = chat(5)
  time.after(95, () => void network.reset('b', 'a'))
  await time.runUntil(60_000, always)
  assert.ok(numbersOf(said(), 'b').length < 12)
  assert.deepEqual(said().slice(-2).toSorted(), ['a knows the end', 'b knows the end'])
})

test('a crash at a send leaves that message and all later ones unsent', async () => {
  const { time, a, said } = chat(6)
  a.crashAtAct(4, () => a.crash())
  await time.runUntil(60_000, always)
  assert.deepEqual(numbersOf(said(), 'b'), [0, 1, 2])
  assert.equal(said().at(-1), 'b knows the end')
})

test('a paused process does afterwards what came meanwhile, in order', async () => {
  const { time, b, said } = chat(7)
  time.after(50, () => b.pause(500))
  await time.runUntil(540, always)
  assert.ok(numbersOf(said(), 'b').length < 6)
  await time.runUntil(1_000, always)
  assert.deepEqual(numbersOf(said(), 'b'), [...Array(20).keys()])
})

test('one that wakes reads what has come before its timers fire, and no timer that was taken back', async () => {
  const { time, network, process } = world(10)
  const [a, b] = [process('a'), process('b')]
  const done: string[] = []
  let isHeard = (): void => undefined
  network.listen<string, string>({ process: b, service: 'in' }, () => ({
    onMessage: (message) => {
      done.push(message)
      isHeard()
      b.after(0, () => done.push('what follows'))
    },
    onClose: () => undefined,
  }))
  const line: Line<string> = network.connect(a, 'b/in', { onMessage: () => undefined, onClose: () => undefined })
  await time.runUntil(100, always)
  b.pause(1_000)
  isHeard = b.after(100, () => done.push('silence'))
  b.after(200, () => done.push('timer'))
  a.after(500, () => line.send('message'))
  await time.runUntil(2_000, always)
  assert.deepEqual(done, ['message', 'what follows', 'timer'])
})

test('a leader that slept past its lease cannot write, and its term ends', async () => {
  const { time, network, process, trace } = world(8)
  const store = new SimStore({ name: 'store', network, random: createRandom(9) })
  const writers: string[] = []
  store.onApplied = ({ by }) => writers.push(by)
  const lead = (name: string) => {
    const own = process(name)
    const view = new StoreView(store, own)
    const candidate = new Candidate<Term & { write(): Promise<void> }>({
      store: view,
      name: 'boss',
      ttlMs: 3_000,
      open: async (leadership) => ({
        write: () => fencedPersist(view, { leadership, operations: [{ type: 'put', key: 'x', value: name }] }),
        close: async () => trace.add(time.now, `${name} ends`),
      }),
      onFatal: (error) => trace.add(time.now, `${name} fails ${String(error)}`),
    })
    candidate.start(name)
    return { own, candidate }
  }
  const one = lead('one')
  await time.runUntil(2_000, always)
  const two = lead('two')
  await time.runUntil(4_000, always)
  const term = one.candidate.term
  assert.ok(term !== undefined && two.candidate.term === undefined)
  one.own.pause(10_000)
  await time.runUntil(12_000, always)
  assert.ok(two.candidate.term !== undefined)
  assert.equal(store.holder('boss')?.by, 'two')
  const late = term.write().catch((error: unknown) => error)
  await time.runUntil(20_000, always)
  assert.ok((await late) instanceof Deposed)
  assert.deepEqual(writers, [])
  assert.equal(one.candidate.term, undefined)
})

test('a write that comes past the lease is refused, and its writer hears so before its timer', async () => {
  const { time, network, process } = world(11)
  const store = new SimStore({ name: 'store', network, random: createRandom(12) })
  const [one, two] = [process('boss-1'), process('boss-2')]
  const [mine, theirs] = [new StoreView(store, one), new StoreView(store, two)]
  const lease = { ttlMs: 3_000, signal: new AbortController().signal }
  let held: Leadership | undefined
  void mine.campaign('boss', { ...lease, value: 'one' }).then((leadership) => (held = leadership))
  await time.runUntil(100, always)
  void theirs.campaign('boss', { ...lease, value: 'two' })
  assert.ok(held !== undefined)
  store.stopAtWrite('boss', 8_000)
  const leadership = held
  const heard = mine
    .transact({ conditions: [{ type: 'leader', leadership }], operations: [{ type: 'put', key: 'x', value: '1' }] })
    .then(({ applied }) => ({ applied, isLost: leadership.lost.aborted }))
  await time.runUntil(12_000, always)
  assert.deepEqual(await heard, { applied: false, isLost: false })
  assert.deepEqual([store.read('x'), store.refusedCount, leadership.lost.aborted], [undefined, 1, true])
})

test('a deposed leader is judged by what it left in the store, not by what others made of it', () => {
  const { time, network } = world(10)
  const store = new SimStore({ name: 'store', network, random: createRandom(11) })
  const request = { name: 'boss', value: 'here', ttlMs: 3_000 }
  const put = (key: string, value: string): unknown => store.apply({ operations: [{ type: 'put', key, value }] }, 'one')
  put('boss/a', 'before')
  const first = store.acquire(request, 'one') ?? 0
  put('boss/a', 'first')
  assert.equal(store.readAs({ name: 'boss', token: first }, 'boss/a'), 'first')
  store.engine.expire('boss')
  const second = store.acquire(request, 'two') ?? 0
  put('boss/a', 'second')
  put('boss/b', 'second')
  assert.equal(store.readAs({ name: 'boss', token: first }, 'boss/a'), 'first')
  assert.equal(store.readAs({ name: 'boss', token: first }, 'boss/b'), undefined)
  assert.equal(store.readAs({ name: 'boss', token: second }, 'boss/a'), 'second')
  time.end()
})

test('a disk keeps what was synced; a batch under way at a crash is there as a whole or not at all', async () => {
  const kept = new Set<number>()
  for (let seed = 0; seed < 20; seed++) {
    const { time, process } = world(seed)
    const disk = new SimDisk(createRandom(seed))
    const own = process('a')
    const synced = disk.persist(own, [{ type: 'put', key: 'first', value: '1' }])
    await time.runUntil(100, always)
    await synced
    const both = ['p', 'q'].map((key) => ({ type: 'put' as const, key, value: '1' }))
    void disk.persist(own, both)
    own.crash()
    await time.runUntil(200, always)
    assert.ok(disk.entries.has('first'))
    kept.add(disk.entries.size)
  }
  assert.deepEqual([...kept].toSorted(), [1, 3])
})

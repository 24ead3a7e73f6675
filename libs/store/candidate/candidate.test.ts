import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '../errors.ts'
import type { StoreErrorCode } from '../errors.ts'
import { EngineStore } from '../engine/engine-store.ts'
import { LocalEngine } from '../engine/local-engine.ts'
import { MemoryEngine } from '../memory/memory-engine.ts'
import type { Leadership, Store } from '../store.ts'
import { Candidate, Deposed, fencedPersist } from './candidate.ts'
import type { CandidateOptions, Term } from './candidate.ts'

const TTL_MS = 300

type Opened = { readonly leadership: Leadership; readonly end: (error?: unknown) => void }

/** A memory store, whose leader can be deposed from outside, and what the candidates on it told. */
class Rig {
  readonly engine = new MemoryEngine()
  readonly store = new EngineStore(new LocalEngine(this.engine))
  readonly terms: Opened[] = []
  readonly closed: number[] = []
  readonly fatal: unknown[] = []
  readonly failed: unknown[] = []
  readonly leaders: (string | undefined)[] = []
  readonly #candidates: Candidate<Term>[] = []

  candidate(value: string, options: Partial<CandidateOptions<Term>> = {}): Candidate<Term> {
    const candidate = new Candidate<Term>({
      store: this.store,
      name: 'leader',
      ttlMs: TTL_MS,
      open: (leadership, end) => this.open(leadership, end),
      onLeader: (leader) => this.leaders.push(leader),
      onFailed: (error) => this.failed.push(error),
      onFatal: (error) => this.fatal.push(error),
      ...options,
    })
    this.#candidates.push(candidate)
    candidate.start(value)
    return candidate
  }

  async open(leadership: Leadership, end: (error?: unknown) => void): Promise<Term> {
    this.terms.push({ leadership, end })
    return { close: async () => void this.closed.push(leadership.token) }
  }

  async close(): Promise<void> {
    await Promise.all(this.#candidates.map((candidate) => candidate.close()))
    await this.store.close()
  }
}

async function withRig(work: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = new Rig()
  try {
    await work(rig)
  } finally {
    await rig.close()
  }
}

async function eventually(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    assert.ok(Date.now() < deadline, `not in time: ${holds}`)
    await sleep(5)
  }
}

const failure = (code: StoreErrorCode) => new StoreError(code, `failed with ${code}`)

test('of two candidates one leads, the other knows it and follows when it closes', () =>
  withRig(async (rig) => {
    const first = rig.candidate('a:1')
    await eventually(() => first.term !== undefined)
    const second = rig.candidate('b:1')
    await eventually(() => second.leader === 'a:1')
    assert.equal(second.term, undefined)
    await first.close()
    assert.equal(first.leader, undefined)
    await eventually(() => second.term !== undefined && second.leader === 'b:1')
    assert.deepEqual(rig.closed, [1])
    assert.deepEqual(rig.fatal, [])
  }))

test('a leader that is deposed closes its term and campaigns again; its writes are refused meanwhile', () =>
  withRig(async (rig) => {
    const candidate = rig.candidate('a:1')
    await eventually(() => candidate.term !== undefined)
    const [old] = rig.terms
    assert.ok(old)
    rig.engine.expire('leader')
    const operations = [{ type: 'put', key: 'k', value: 'late' }] as const
    await assert.rejects(fencedPersist(rig.store, { leadership: old.leadership, operations }), Deposed)
    await eventually(() => rig.terms.length === 2 && candidate.term !== undefined)
    assert.deepEqual(rig.closed, [1])
    assert.equal(rig.terms[1]?.leadership.token, 2)
    assert.equal(await rig.store.get('k'), undefined)
    assert.deepEqual(rig.fatal, [])
  }))

test('nobody leads from the moment on at which a term ends, although the store still tells of it', () =>
  withRig(async (rig) => {
    const candidate = rig.candidate('a:1', {
      open: async () => ({ close: () => new Promise(() => undefined) }),
      closeTimeoutMs: 200,
    })
    await eventually(() => candidate.term !== undefined)
    rig.engine.expire('leader')
    await eventually(() => candidate.term === undefined)
    assert.equal(candidate.leader, undefined)
    await eventually(() => candidate.term !== undefined)
    assert.deepEqual(rig.leaders, ['a:1', undefined, 'a:1'])
  }))

test('a term that does not close is left behind after its time', () =>
  withRig(async (rig) => {
    let openCount = 0
    const candidate = rig.candidate('a:1', {
      open: async () => ({ close: () => (openCount++ === 0 ? new Promise(() => undefined) : Promise.resolve()) }),
      closeTimeoutMs: 50,
    })
    await eventually(() => candidate.term !== undefined)
    rig.engine.expire('leader')
    await eventually(() => openCount === 1 && candidate.term !== undefined)
    assert.deepEqual(rig.fatal, [])
  }))

test('a term that is still being opened when leadership is lost is given up, and closed once it is there', () =>
  withRig(async (rig) => {
    const late = Promise.withResolvers<Term>()
    let openCount = 0
    const candidate = rig.candidate('a:1', {
      open: (leadership, end) => (openCount++ === 0 ? late.promise : rig.open(leadership, end)),
    })
    await eventually(() => openCount === 1)
    rig.engine.expire('leader')
    await eventually(() => candidate.term !== undefined)
    let isClosed = false
    late.resolve({ close: async () => void (isClosed = true) })
    await eventually(() => isClosed)
    assert.deepEqual(rig.fatal, [])
  }))

test('a term that fails while it is being opened is closed once it is there', () =>
  withRig(async (rig) => {
    const late = Promise.withResolvers<Term>()
    let openCount = 0
    const candidate = rig.candidate('a:1', {
      open: (leadership, end) => {
        if (openCount++ > 0) return rig.open(leadership, end)
        end(new Deposed('leader'))
        return late.promise
      },
    })
    await eventually(() => candidate.term !== undefined)
    let isClosed = false
    late.resolve({ close: async () => void (isClosed = true) })
    await eventually(() => isClosed)
  }))

for (const [title, error] of [
  ['Deposed', new Deposed('leader')],
  ['a store that is not reached', failure('STORE_UNAVAILABLE')],
  ['a full store', failure('STORE_FULL')],
  ['a write of unknown outcome', failure('STORE_UNKNOWN')],
  ['a restored store', failure('STORE_RESTORED')],
] as const) {
  test(`${title} when a term opens, and when it ends, makes the candidate campaign again`, () =>
    withRig(async (rig) => {
      let openCount = 0
      const candidate = rig.candidate('a:1', {
        open: (leadership, end) => (openCount++ === 0 ? Promise.reject(error) : rig.open(leadership, end)),
      })
      await eventually(() => candidate.term !== undefined)
      rig.terms[0]?.end(error)
      await eventually(() => rig.terms.length === 2 && candidate.term !== undefined)
      assert.deepEqual(rig.failed, [error, error])
      assert.deepEqual(rig.fatal, [])
      assert.deepEqual(rig.closed, [2])
    }))
}

for (const [title, error] of [
  ['a corrupt value', failure('STORE_VALUE_INVALID')],
  ['a disk of unknown state', failure('STORE_IO')],
  ['a bug', new TypeError('x is not a function')],
] as const) {
  test(`${title} when a term opens, and when it ends, is fatal once, and another candidate leads`, () =>
    withRig(async (rig) => {
      const first = rig.candidate('a:1', { open: () => Promise.reject(error) })
      await eventually(() => rig.fatal.length === 1)
      const second = rig.candidate('b:1')
      await eventually(() => second.term !== undefined)
      rig.terms[0]?.end(error)
      await eventually(() => rig.fatal.length === 2)
      assert.deepEqual(rig.fatal, [error, error])
      assert.equal(first.leader, undefined)
      assert.equal(second.term, undefined)
      assert.deepEqual(rig.closed, [2])
    }))
}

test('a term that ends by itself without an error campaigns again', () =>
  withRig(async (rig) => {
    const candidate = rig.candidate('a:1')
    await eventually(() => candidate.term !== undefined)
    rig.terms[0]?.end()
    await eventually(() => rig.terms.length === 2 && candidate.term !== undefined)
    assert.deepEqual([rig.failed, rig.fatal], [[], []])
  }))

test('a store that fails for a while ends nothing: campaign and observation are tried again, later each time', () =>
  withRig(async (rig) => {
    let failuresLeft = 3
    const campaignedAt: number[] = []
    const flaky: Store = Object.assign(Object.create(rig.store) as Store, {
      campaign: (...args: Parameters<Store['campaign']>) => {
        campaignedAt.push(performance.now())
        if (failuresLeft-- > 0) return Promise.reject(failure('STORE_UNAVAILABLE'))
        return rig.store.campaign(...args)
      },
      observeLeader: (...args: Parameters<Store['observeLeader']>) => {
        if (failuresLeft > 0) throw failure('STORE_UNAVAILABLE')
        return rig.store.observeLeader(...args)
      },
    })
    const candidate = rig.candidate('a:1', { store: flaky })
    await eventually(() => candidate.term !== undefined)
    const waits = campaignedAt.slice(1).map((at, i) => at - (campaignedAt[i] ?? 0))
    assert.ok((waits[2] ?? 0) > (waits[0] ?? 0), `${waits.join(', ')}`)
    assert.deepEqual(rig.fatal, [])
    await eventually(() => candidate.leader === 'a:1')
  }))

test('an observation that fails leaves nobody as leader until it is back', () =>
  withRig(async (rig) => {
    const first = rig.candidate('a:1')
    await eventually(() => first.term !== undefined)
    const broken = Promise.withResolvers<never>()
    let observeCount = 0
    const flaky: Store = Object.assign(Object.create(rig.store) as Store, {
      campaign: rig.store.campaign.bind(rig.store),
      async *observeLeader(...args: Parameters<Store['observeLeader']>) {
        if (observeCount++ > 0) yield* rig.store.observeLeader(...args)
        else {
          yield { token: 1, value: 'a:1' }
          await broken.promise
        }
      },
    })
    const leaders: (string | undefined)[] = []
    const second = rig.candidate('b:1', { store: flaky, onLeader: (leader) => leaders.push(leader) })
    await eventually(() => second.leader === 'a:1')
    broken.reject(failure('STORE_UNAVAILABLE'))
    await eventually(() => leaders.length === 3)
    assert.deepEqual(leaders, ['a:1', undefined, 'a:1'])
  }))

/** The power goes while the engine writes: what it wrote is known call by call, and what was not synced is lost. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { DiskEvent } from './fixtures/disk-trace.ts'
import { canTrace, traceDisk } from './fixtures/disk-trace.ts'
import type { Random } from './fixtures/volatile-disk.ts'
import { VolatileDisk } from './fixtures/volatile-disk.ts'
import { SqliteEngine } from './sqlite-engine.ts'

const committer = fileURLToPath(new URL('./fixtures/committer.ts', import.meta.url))
const commitCount = 60

/** mulberry32 */
function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The moments from one sync to the next, so that short and long ones are met as often. */
function spansOf(events: readonly DiskEvent[]): { from: number; to: number }[] {
  const ends = events.flatMap(({ type }, i) => (type === 'sync' || type === 'print' ? [i + 1] : []))
  return ends.map((to, i) => ({ from: ends[i - 1] ?? 0, to }))
}

/** Opens what was left and says how many transactions it holds, none of them in part. */
function recoveredCount(files: ReadonlyMap<string, Buffer>, directory: string): number {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const [path, content] of files) {
    // The index of the WAL is never synced, and rebuilt by whoever opens the file first.
    if (!path.endsWith('-shm')) writeFileSync(join(directory, basename(path)), content)
  }
  const engine = new SqliteEngine(join(directory, 'test.db'))
  try {
    const count = Number(engine.get('n')?.value ?? 0)
    assert.equal(engine.revision(), count)
    for (const prefix of ['a/', 'b/']) {
      const { entries } = engine.list(prefix, {})
      assert.equal(entries.length, count)
      for (const { key, value, revision } of entries) {
        assert.equal(key, `${prefix}${revision}`)
        assert.equal(value.replace(/\.+$/, ''), `${revision}`)
      }
    }
    const { batches } = engine.changesSince('', 0)
    assert.deepEqual(
      batches.map(({ changes }) => changes.length),
      Array.from({ length: count }, () => 3),
    )
    engine.transactAll([{ conditions: [], operations: [{ type: 'put', key: 'n', value: 'after' }] }])
    assert.equal(engine.revision(), count + 1)
    return count
  } finally {
    engine.close()
  }
}

test(
  '[reliability R9b] whenever the power goes, every acknowledged transaction is there and none in part',
  { skip: canTrace() ? false : 'needs strace' },
  async (context) => {
    const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'store-power-'))
    context.after(() => rmSync(root, { recursive: true }))
    const directory = join(root, 'traced')
    mkdirSync(directory)
    const events = await traceDisk([committer, join(directory, 'test.db'), `${commitCount}`], {
      directory,
      traceFile: join(root, 'trace'),
    })
    const isFile = (event: DiskEvent): boolean => event.type === 'sync' && event.path.endsWith('test.db')
    const acknowledgedBy = (count: number): number =>
      events.slice(0, count).filter(({ type }) => type === 'print').length
    assert.equal(acknowledgedBy(events.length), commitCount)
    const checkpoint = acknowledgedBy(
      events.findLastIndex((event, i) => isFile(event) && acknowledgedBy(i) < commitCount),
    )
    assert.ok(checkpoint > 10 && checkpoint < commitCount - 10, `the WAL was written back after ${checkpoint}`)
    const spans = spansOf(events)
    fc.assert(
      fc.property(fc.nat({ max: spans.length - 1 }), fc.integer(), (index, seed) => {
        const random = seeded(seed)
        const { from, to } = spans[index] ?? { from: 0, to: 0 }
        const moment = from + Math.floor(random() * (to - from + 1))
        const disk = new VolatileDisk()
        for (const event of events.slice(0, moment)) disk.apply(event)
        const count = recoveredCount(disk.losePower(random), join(root, 'found'))
        const acknowledged = acknowledgedBy(moment)
        assert.ok(count === acknowledged || count === acknowledged + 1, `${count} found, ${acknowledged} acknowledged`)
      }),
      { numRuns: 200 },
    )
  },
)

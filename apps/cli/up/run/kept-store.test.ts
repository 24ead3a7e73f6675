import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, test } from 'node:test'
import { keepStore } from './kept-store.ts'

let workDir: string
beforeEach(() => {
  workDir = mkdtempSync(`${tmpdir()}/thermosphere-kept-store-`)
})
afterEach(() => rmSync(workDir, { recursive: true }))

const etcd = (members: number, etcdPort = 2379) => ({ store: { type: 'etcd', members }, etcdPort }) as const

test('a start with the same store has nothing to tell', () => {
  assert.equal(keepStore(workDir, etcd(3)), undefined)
  assert.equal(keepStore(workDir, etcd(3)), undefined)
})

test('who changes the store is told where the apps and jobs are', () => {
  keepStore(workDir, etcd(3))
  assert.match(keepStore(workDir, { store: { type: 'sqlite' }, etcdPort: 2379 }) ?? '', /--store etcd --etcds 3 finds/)
  assert.match(keepStore(workDir, etcd(3)) ?? '', /--store sqlite finds/)
})

test('members of an etcd that was started before are neither added, left out nor moved', () => {
  keepStore(workDir, etcd(3))
  keepStore(workDir, { store: { type: 'sqlite' }, etcdPort: 2379 })
  keepStore(workDir, etcd(3))
  assert.throws(() => keepStore(workDir, etcd(1)), /has 3 members, not 1: give --etcds 3/)
  assert.throws(() => keepStore(workDir, etcd(3, 4001)), /give --etcd-port 2379/)
})

test('a single member may move to another port', () => {
  keepStore(workDir, etcd(1))
  assert.equal(keepStore(workDir, etcd(1, 4001)), undefined)
  assert.throws(() => keepStore(workDir, etcd(3)), /has 1 member, not 3/)
})

test('a damaged note is named', () => {
  writeFileSync(`${workDir}/store.json`, '{')
  assert.throws(() => keepStore(workDir, etcd(1)), /store\.json is damaged/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asIsolationError, IsolationError } from '../errors.ts'
import { linkPath, usageOf } from './posix-isolation.ts'
import { isAlive, parseProcessStat, processTree, readProcessStat } from './process-table.ts'
import type { ProcessStat } from './process-table.ts'

const LINE = '42 (a b) c) S 7 42 40 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 3 0 12345 1000 25 18446744073709551615'

const stat = (pid: number, parentPid: number, sessionId: number): ProcessStat => ({
  pid,
  state: 'S',
  parentPid,
  groupId: sessionId,
  sessionId,
  userTicks: 150,
  systemTicks: 50,
  threads: 2,
  startTicks: 1,
  rssPages: 10,
})

test('a stat line is read whatever the name of the program', () => {
  const parsed = parseProcessStat(LINE)
  assert.deepEqual(parsed, {
    pid: 42,
    state: 'S',
    parentPid: 7,
    groupId: 42,
    sessionId: 40,
    userTicks: 150,
    systemTicks: 50,
    threads: 3,
    startTicks: 12345,
    rssPages: 25,
  })
  assert.equal(parseProcessStat(''), undefined)
  assert.equal(parseProcessStat('42 (cut'), undefined)
})

test('a process is the same only with its start time', () => {
  const own = readProcessStat(process.pid)
  assert.ok(own !== undefined)
  assert.equal(isAlive(own), true)
  assert.equal(isAlive({ pid: own.pid, startTicks: own.startTicks + 1 }), false)
  assert.equal(isAlive({ pid: 2 ** 22 + 1, startTicks: 1 }), false)
})

test('the tree of a supervisor is its session and all that descends from it, without itself', () => {
  const table = [
    stat(10, 1, 10),
    stat(11, 10, 10),
    stat(12, 11, 12),
    stat(13, 12, 13),
    stat(14, 1, 10),
    stat(20, 1, 20),
  ]
  const pids = (pid: number, startTicks: number) => processTree(table, { pid, startTicks }).map((entry) => entry.pid)
  assert.deepEqual(pids(10, 1), [11, 12, 13, 14])
  assert.deepEqual(pids(10, 2), [])
  assert.deepEqual(
    processTree(table.slice(1), { pid: 10, startTicks: 1 }).map((entry) => entry.pid),
    [11, 12, 13, 14],
  )
})

test('usage is the sum over the processes', () => {
  assert.deepEqual(usageOf([stat(1, 0, 1), stat(2, 1, 1)], 7), {
    timestamp: 7,
    cpusUserTimeSecs: 3,
    cpusSystemTimeSecs: 1,
    memRssBytes: 81_920,
    memTotalBytes: 81_920,
    processes: 2,
    threads: 4,
  })
})

test('links stay in the sandbox', () => {
  assert.equal(linkPath('/s', 'a/b'), '/s/a/b')
  assert.equal(linkPath('/s', '/s/a'), '/s/a')
  for (const target of ['', '.', '..', '../s2', 'a/../../b', '/etc'])
    assert.throws(() => linkPath('/s', target), { code: 'UNSUPPORTED' })
})

test('failed system calls say what to do', () => {
  const failed = (code: string) => asIsolationError(Object.assign(new Error('raw'), { code }), 'cannot write')
  assert.equal(failed('ENOSPC').code, 'NO_SPACE')
  assert.match(failed('ENOSPC').message, /^cannot write: the disk is full; free space/)
  assert.equal(failed('EAGAIN').retryable, true)
  assert.equal(failed('EWHAT').code, 'LAUNCH_FAILED')
  const own = new IsolationError('USER_UNKNOWN', 'x')
  assert.equal(asIsolationError(own, 'y'), own)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { commandScript, commandWords } from './command-script.ts'
import { parsePasswdLine, planRlimits, planUserChange } from './identity-change.ts'
import { shellQuote } from './shell-words.ts'
import { parseStatus, signalName, terminationOf } from './status.ts'
import { supervisorScript } from './supervisor-script.ts'
import type { ContainerId } from '../containerizer.ts'

const containerId = 'c' as ContainerId

test('any text is one word of the shell', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((value) => !value.includes('\0'))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`
      assert.equal(
        execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }),
        words.map((word) => `${word}\0`).join(''),
      )
    }),
    { numRuns: 20 },
  )
})

test('the first argument of an exec command is its name, not an argument', () => {
  assert.deepEqual(commandWords({ type: 'exec', path: '/bin/ls', argv: ['ls', '-l'] }), ['/bin/ls', '-l'])
  assert.deepEqual(commandWords({ type: 'exec', path: 'ls', argv: [] }), ['ls'])
  assert.deepEqual(commandWords({ type: 'shell', value: 'a | b' }), ['/bin/sh', '-c', 'a | b'])
})

test('the script of a task redirects, reports and becomes the command', () => {
  const script = commandScript({
    command: { type: 'exec', path: 'ls', argv: ['ls', "it's"] },
    environment: { A: '1', 'b.c': '2' },
    directory: '/sandbox',
    isTask: true,
  })
  assert.equal(
    script,
    [
      "cd '/sandbox' || exit 125",
      'exec </dev/null >>stdout 2>>stderr',
      'echo ok >&3',
      'exec 3>&-',
      'unset PATH PWD OLDPWD',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      "export A='1'",
      "exec /usr/bin/env 'b.c=2' 'ls' 'it'\\''s'",
      '',
    ].join('\n'),
  )
})

test('what no process can be given is refused', () => {
  const parts = { command: { type: 'shell', value: 'true' } as const, environment: {}, directory: '/', isTask: true }
  assert.throws(() => commandScript({ ...parts, environment: { '': 'x' } }), { code: 'COMMAND_INVALID' })
  assert.throws(() => commandScript({ ...parts, environment: { 'a=b': 'x' } }), { code: 'COMMAND_INVALID' })
  assert.throws(() => commandScript({ ...parts, command: { type: 'shell', value: '\0' } }), { code: 'COMMAND_INVALID' })
})

test('the supervisor starts no process but the command', () => {
  const plain = supervisorScript({ setup: [], prefix: [], isInit: false })
  const builtins = ['d=', 'trap', 'read', 'echo', '(', ')', '. ', 'c=', 'k=', '[']
  for (const line of plain.trimEnd().split('\n'))
    assert.ok(
      builtins.some((word) => line.startsWith(word)),
      line,
    )
  const isolated = supervisorScript({ setup: ['mount x'], prefix: ["'setpriv'"], isInit: true })
  assert.match(isolated, /\nmount x \|\| exit 125\n\( exec 'setpriv' \/bin\/sh -s <"\$d\/command" \)\nexit \$\?\n\)/)
})

test('a status counts only with its line end', () => {
  assert.deepEqual(parseStatus('exit 3\n'), { type: 'exit', exitCode: 3 })
  assert.deepEqual(parseStatus('signal 15\n'), { type: 'signal', signal: 15 })
  for (const text of ['', 'exit 3', 'exit', 'other 3\n', 'exit 3\nexit 4\n']) assert.equal(parseStatus(text), undefined)
})

test('a termination names exit code, signal, or that both were lost', () => {
  assert.deepEqual(terminationOf(containerId, { type: 'exit', exitCode: 0 }), { containerId, exitCode: 0 })
  assert.deepEqual(terminationOf(containerId, { type: 'signal', signal: 9 }), { containerId, signal: 9 })
  assert.match(terminationOf(containerId, undefined).message ?? '', /^Exit status lost/)
  assert.deepEqual([signalName(15), signalName(9), signalName(250)], ['SIGTERM', 'SIGKILL', 'signal 250'])
})

test('accounts are read from passwd lines', () => {
  assert.deepEqual(parsePasswdLine('web:x:33:34:www:/var/www:/bin/sh'), { name: 'web', uid: 33, gid: 34 })
  assert.equal(parsePasswdLine(''), undefined)
  assert.equal(parsePasswdLine('bad:x:a:b'), undefined)
})

test('a task without a user, or with the own one, needs no change', async () => {
  assert.deepEqual(await planUserChange(undefined), [])
  await assert.rejects(planUserChange('no-such-user'), { code: 'USER_UNKNOWN', message: /create the account/ })
})

test('resource limits become words of prlimit', () => {
  assert.deepEqual(planRlimits(undefined), [])
  const limits = [{ type: 'RLMT_NOFILE', soft: 1, hard: 2 }, { type: 'RLMT_CORE' }]
  assert.deepEqual(planRlimits(limits), ['prlimit', '--nofile=1:2', '--core=unlimited:unlimited'])
  assert.throws(() => planRlimits([{ type: 'RLMT_NEW' }]), { code: 'RLIMIT_INVALID', message: /unknown/ })
  assert.throws(() => planRlimits([{ type: 'RLMT_CPU', soft: 1 }]), { code: 'RLIMIT_INVALID', message: /both/ })
})

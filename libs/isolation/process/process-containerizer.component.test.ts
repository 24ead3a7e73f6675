import assert from 'node:assert/strict'
import { chownSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { IsolationError } from '../errors.ts'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { createWorkbench, MIB, newId, processesWith, shell, until } from '../testing/workbench.ts'
import type { Workbench } from '../testing/workbench.ts'

const options = { signal: new AbortController().signal }

/** The behaviour that plain and isolated processes share. */
for (const mode of ['posix', 'linux'] as const) {
  const needs = mode === 'linux' ? requireOrSkip('root', 'cgroups') : {}
  describe(`${mode} containers`, { ...needs, timeout: 120_000 }, () => {
    let bench: Workbench
    before(async () => {
      bench = await createWorkbench({ mode })
    })
    after(() => bench.close())

    const endOf = async (value: string) => {
      const { containerId } = await bench.launch(value)
      const { exitCode, signal } = await bench.containerizer.wait(containerId)
      await bench.containerizer.destroy(containerId)
      return { exitCode, signal }
    }

    test('an exit code is reported as it is', async () => {
      assert.deepEqual(await endOf('exit 0'), { exitCode: 0, signal: undefined })
      assert.deepEqual(await endOf('exit 42'), { exitCode: 42, signal: undefined })
      assert.deepEqual(await endOf('no-such-program'), { exitCode: 127, signal: undefined })
    })

    test('death by a signal is told from an exit with 128 plus its number', async () => {
      assert.deepEqual(await endOf('kill -TERM $$'), { exitCode: undefined, signal: 15 })
      assert.deepEqual(await endOf('kill -KILL $$'), { exitCode: undefined, signal: 9 })
      assert.deepEqual(await endOf('kill -SEGV $$'), { exitCode: undefined, signal: 11 })
      assert.deepEqual(await endOf('exit 143'), { exitCode: 143, signal: undefined })
      assert.deepEqual(await endOf('sh -c "kill -9 \\$\\$"; exit $?'), { exitCode: 137, signal: undefined })
    })

    test('[mesos 133] [mesos 181] stdout and stderr are appended to the sandbox, the working directory', async () => {
      const spec = bench.spec('echo out; pwd; echo err >&2')
      writeFileSync(join(spec.sandbox, 'stdout'), 'before\n')
      await bench.containerizer.launch(spec, options)
      await bench.containerizer.wait(spec.containerId)
      assert.equal(bench.output(spec.containerId), `before\nout\n${spec.sandbox}\n`)
      assert.equal(bench.output(spec.containerId, 'stderr'), 'err\n')
    })

    test('the command gets exactly the environment it was given', async () => {
      const environment = {
        PATH: '/usr/bin:/bin',
        QUOTE: `it's "$HOME" \\ \`x\``,
        LINES: 'a\nb',
        'dotted.name': 'kept',
        OPTIND: 'x',
      }
      const { containerId } = await bench.launch('', {
        environment,
        command: { type: 'exec', path: 'env', argv: ['env', '-0'] },
      })
      await bench.containerizer.wait(containerId)
      const pairs = bench
        .output(containerId)
        .split('\0')
        .filter(Boolean)
        .map((pair) => pair.split(/=(.*)/s).slice(0, 2))
      assert.deepEqual(Object.fromEntries(pairs), environment)
    })

    test('neither the environment nor the command shows in the arguments of the supervisor', async () => {
      const { containerId } = await bench.launch('sleep 60; : secret-command', {
        environment: { TOKEN: 'secret-token' },
      })
      assert.deepEqual(processesWith('secret-token'), [])
      await until(() => processesWith('secret-command').length === 1)
      await bench.containerizer.destroy(containerId)
    })

    test('SIGTERM reaches the command, which decides how it ends', async () => {
      const { containerId } = await bench.launch('trap "echo bye; exit 7" TERM; echo ready; sleep 60 & wait')
      await until(() => bench.output(containerId).includes('ready'))
      await bench.containerizer.signal(containerId, 'SIGTERM')
      assert.equal((await bench.containerizer.wait(containerId)).exitCode, 7)
      assert.equal(bench.output(containerId), 'ready\nbye\n')
    })

    test('a task reacts to SIGINT and SIGQUIT as if it were started by hand', async () => {
      const endBy = async (signal: NodeJS.Signals) => {
        const { containerId } = await bench.launch('exec sleep 60')
        await bench.containerizer.signal(containerId, signal)
        const { exitCode, signal: number } = await bench.containerizer.wait(containerId)
        return { exitCode, number }
      }
      assert.deepEqual(await endBy('SIGQUIT'), { exitCode: undefined, number: 3 })
      // Shells do not speak of this one, so it cannot be told from an exit with that code.
      assert.deepEqual(await endBy('SIGINT'), { exitCode: 130, number: undefined })
    })

    test('SIGKILL ends the whole tree, also what left the session', async () => {
      const mark = newId('tree')
      const { containerId } = await bench.launch(
        `sh -c 'sleep 60; : ${mark}' & setsid sh -c 'sleep 60; : ${mark}' & wait`,
      )
      await until(() => processesWith(mark).length === 3)
      await bench.containerizer.signal(containerId, 'SIGKILL')
      assert.equal((await bench.containerizer.wait(containerId)).signal, 9)
      await bench.containerizer.destroy(containerId)
      assert.deepEqual(processesWith(mark), [])
    })

    test('destroy ends a running container and what a finished one left behind', async () => {
      const mark = newId('left')
      const { containerId } = await bench.launch(`(sleep 60; : ${mark}) & sleep 0.05; exit 3`)
      assert.equal((await bench.containerizer.wait(containerId)).exitCode, 3)
      const running = await bench.launch(`sleep 60; : ${mark}`)
      const ended = bench.containerizer.wait(running.containerId)
      await Promise.all([containerId, running.containerId, containerId].map((id) => bench.containerizer.destroy(id)))
      assert.equal((await ended).signal, 9)
      assert.deepEqual(processesWith(mark), [])
    })

    test('usage counts the processes of the container and their memory', async () => {
      const { containerId } = await bench.launch('sleep 60 & sleep 60 & wait')
      const usage = await until(async () => {
        const now = await bench.containerizer.usage(containerId)
        return (now?.processes ?? 0) >= 3 ? now : undefined
      })
      assert.ok((usage.memRssBytes ?? 0) > 4096 && (usage.memRssBytes ?? 0) < 64 * MIB)
      assert.ok((usage.threads ?? 0) >= 3)
      await bench.containerizer.destroy(containerId)
      assert.equal(await bench.containerizer.usage(containerId), undefined)
    })

    test('a command runs inside a container, and ends when it takes too long', async () => {
      const { containerId } = await bench.launch('echo inside >file; sleep 60')
      const exec = (value: string, timeoutMs: number) =>
        bench.containerizer.exec(containerId, shell(value), {
          environment: { A: 'b' },
          signal: AbortSignal.timeout(timeoutMs),
        })
      await until(async () => (await exec('test -e file', 5_000)).exitCode === 0)
      assert.deepEqual(await exec('cat file; echo $A >&2; exit 4', 5_000), { exitCode: 4, output: 'inside\nb\n' })
      const mark = newId('slow')
      assert.equal((await exec(`echo started; sleep 60; : ${mark}`, 300)).exitCode, undefined)
      await until(() => processesWith(mark).length === 0)
      await bench.containerizer.destroy(containerId)
    })
  })

  describe(`${mode} containers: launch and nesting`, { ...needs, timeout: 120_000 }, () => {
    let bench: Workbench
    before(async () => {
      bench = await createWorkbench({ mode })
    })
    after(() => bench.close())

    test('a nested container shares the fate of its parent', async () => {
      const parent = await bench.launch('sleep 60')
      const nested = await bench.launch('echo nested; sleep 60', { parent: parent.containerId })
      const quick = await bench.launch('exit 5', { parent: parent.containerId })
      assert.equal((await bench.containerizer.wait(quick.containerId)).exitCode, 5)
      await until(() => bench.output(nested.containerId) === 'nested\n')
      const ended = bench.containerizer.wait(nested.containerId)
      await bench.containerizer.destroy(parent.containerId)
      assert.equal((await ended).signal, 9)
    })

    test('a nested container ends without its parent', async () => {
      const parent = await bench.launch('sleep 60')
      const nested = await bench.launch('setsid sleep 60 & sleep 60', { parent: parent.containerId })
      await bench.containerizer.signal(nested.containerId, 'SIGKILL')
      assert.equal((await bench.containerizer.wait(nested.containerId)).signal, 9)
      await bench.containerizer.destroy(nested.containerId)
      assert.equal(await bench.containerizer.recover(parent), 'running')
      await bench.containerizer.destroy(parent.containerId)
    })

    test('a launch that cannot work is refused with the reason, and leaves nothing', async () => {
      const refused = async (more: object, code: string, text: RegExp) => {
        const spec = { ...bench.spec('true'), ...more }
        await assert.rejects(bench.containerizer.launch(spec, options), (error) => {
          assert.ok(error instanceof IsolationError)
          assert.equal(error.code, code)
          assert.match(error.message, text)
          return true
        })
        await assert.rejects(bench.containerizer.wait(spec.containerId), { code: 'CONTAINER_UNKNOWN' })
      }
      await refused({ sandbox: '/nowhere' }, 'SANDBOX_MISSING', /create it/)
      await refused({ user: 'no-such-user' }, 'USER_UNKNOWN', /no such user: no-such-user/)
      await refused({ command: undefined }, 'COMMAND_INVALID', /no command/)
      await refused({ environment: { A: 'nul\0' } }, 'COMMAND_INVALID', /NUL/)
      await refused({ containerId: '../escape' }, 'COMMAND_INVALID', /cannot name a directory/)
      await refused({ parent: newId('absent') }, 'CONTAINER_UNKNOWN', /no container absent/)
      await refused({ rlimits: [{ type: 'RLMT_NOFILE', soft: 2, hard: 1 }] }, 'RLIMIT_INVALID', /exceeds/)
      await refused({ mounts: [{ source: '/nowhere', target: 'data', readOnly: false }] }, 'MOUNT_FAILED', /create it/)
    })

    test('a launch that is cancelled starts nothing', async () => {
      const spec = bench.spec('sleep 60')
      await assert.rejects(bench.containerizer.launch(spec, { signal: AbortSignal.abort() }), {
        code: 'LAUNCH_ABORTED',
      })
      await bench.containerizer.launch(spec, options)
      await assert.rejects(bench.containerizer.launch(spec, options), { code: 'CONTAINER_EXISTS' })
      await bench.containerizer.destroy(spec.containerId)
    })

    test('[mesos 152] resource limits are set', async () => {
      const rlimits = [
        { type: 'RLMT_NOFILE', soft: 100, hard: 200 },
        { type: 'RLMT_CORE', soft: 0, hard: 0 },
      ]
      const { containerId } = await bench.launch('ulimit -n; ulimit -Hn; ulimit -c', { rlimits })
      await bench.containerizer.wait(containerId)
      assert.equal(bench.output(containerId), '100\n200\n0\n')
    })

    test(
      '[mesos 108] a task of another user has its rights and nothing of the agent',
      requireOrSkip('root'),
      async () => {
        const spec = bench.spec('id -un; id -gn; touch mine && ls -l mine | cut -d" " -f3; cat /etc/shadow', {
          user: 'nobody',
        })
        chownSync(spec.sandbox, 65534, 65534)
        await bench.containerizer.launch(spec, options)
        await bench.containerizer.wait(spec.containerId)
        assert.equal(bench.output(spec.containerId), 'nobody\nnogroup\nnobody\n')
        assert.match(bench.output(spec.containerId, 'stderr'), /Permission denied/)
      },
    )

    test('a sandbox that the user may not enter is refused with what to do', requireOrSkip('root'), async () => {
      const spec = bench.spec('true', { user: 'nobody' })
      const sandbox = join(spec.sandbox, 'closed')
      mkdirSync(sandbox, { mode: 0o700 })
      const launch = bench.containerizer.launch({ ...spec, sandbox }, options)
      await assert.rejects(launch, { code: 'SANDBOX_FORBIDDEN', message: /user nobody needs access to/ })
    })

    test('[mesos 130] orphans are ended, known containers are not', async () => {
      const mark = newId('orphan')
      const kept = await bench.launch('sleep 60')
      const orphan = await bench.launch(`sleep 60; : ${mark}`)
      assert.ok((await bench.containerizer.destroyOrphans(new Set([kept.containerId]))).includes(orphan.containerId))
      assert.deepEqual(processesWith(mark), [])
      assert.equal(await bench.containerizer.recover(kept), 'running')
      await bench.containerizer.destroy(kept.containerId)
    })
  })
}

test('volumes of plain processes are links in the sandbox, and nowhere else', async () => {
  const bench = await createWorkbench()
  const source = join(bench.directory, 'volume')
  mkdirSync(source)
  const { sandbox } = await bench.launch('true', { mounts: [{ source, target: 'data/deep', readOnly: false }] })
  assert.equal(readlinkSync(join(sandbox, 'data/deep')), source)
  for (const target of ['/data', '../data', '.']) {
    const launch = bench.launch('true', { mounts: [{ source, target, readOnly: false }] })
    await assert.rejects(launch, { code: 'UNSUPPORTED' })
  }
  await bench.close()
})

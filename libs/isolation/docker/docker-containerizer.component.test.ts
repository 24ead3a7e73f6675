import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { DockerWorkbench } from '../testing/docker-workbench.ts'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { createWorkbench, MIB, processesWith, shell, until } from '../testing/workbench.ts'

const options = { signal: new AbortController().signal }

const suite = { ...requireOrSkip('root', 'docker engine'), timeout: 120_000 }

describe('docker containers', suite, () => {
  let bench: DockerWorkbench
  before(async () => {
    bench = await DockerWorkbench.start()
  })
  after(() => bench.close())

  test('[mesos 165] the exit code, the environment and both outputs arrive', async () => {
    const value = 'echo out $GREETING $MESOS_CONTAINER_NAME; echo err >&2; exit 3'
    const { containerId } = await bench.launch(value, {}, { environment: { GREETING: 'hello' } })
    assert.deepEqual(await bench.docker.wait(containerId), { containerId, exitCode: 3 })
    assert.equal(bench.bench.output(containerId), `out hello mesos-${containerId}\n`)
    assert.equal(bench.bench.output(containerId, 'stderr'), 'err\n')
  })

  test('arguments go to the entry point of the image, or are the command', async () => {
    const command = { type: 'exec', path: '', argv: ['echo', 'a b', '$HOME'] } as const
    assert.equal((await bench.run('', {}, { command })).stdout, 'a b $HOME\n')
    const entrypoint = { parameters: [{ key: 'entrypoint', value: '/bin/echo' }] }
    assert.equal(
      (await bench.run('', entrypoint, { command: { type: 'exec', path: 'x', argv: ['x', 'y'] } })).stdout,
      'x x y\n',
    )
  })

  test('the sandbox is mounted, and volumes with their modes', async () => {
    const source = join(bench.bench.directory, 'volume')
    mkdirSync(source, { recursive: true })
    writeFileSync(join(source, 'file'), 'content\n')
    const mounts = [{ source, target: '/data', readOnly: true }]
    const { stdout, stderr } = await bench.run(
      'cat /data/file; touch /mnt/mesos/sandbox/here; touch /data/no; ls /mnt/mesos/sandbox',
      { mounts },
    )
    assert.equal(stdout, 'content\nhere\nstderr\nstdout\n')
    assert.match(stderr, /Read-only/)
  })

  test('limits reach the cgroups, and memory is raised but never lowered', async () => {
    const limits = { cpusMilli: 500, cpusLimitMilli: 1000, memBytes: 64 * MIB }
    const { dockerId = '', containerId } = await bench.launch('sleep 60', {}, { limits })
    const configured = async () => (await bench.engine.docker.getContainer(dockerId).inspect()).HostConfig
    const { CpuShares, CpuQuota, Memory } = await configured()
    assert.deepEqual([CpuShares, CpuQuota, Memory], [512, 100_000, 64 * MIB])
    await bench.docker.update(containerId, { cpusMilli: 1000, memBytes: 32 * MIB })
    assert.deepEqual([(await configured()).CpuShares, (await configured()).Memory], [1024, 64 * MIB])
    await bench.docker.update(containerId, { cpusMilli: 1000, memBytes: 128 * MIB })
    assert.equal((await configured()).Memory, 128 * MIB)
    const usage = await bench.docker.usage(containerId)
    assert.equal(usage?.memLimitBytes, 128 * MIB)
    assert.ok((usage.threads ?? 0) >= 1)
    await bench.docker.destroy(containerId)
    assert.equal(await bench.docker.usage(containerId), undefined)
  })

  test('[mesos 136] a container that exceeds its memory says so', async () => {
    const parts = [
      { parameters: [{ key: 'memory-swap', value: '32m' }] },
      { limits: { cpusMilli: 100, memBytes: 32 * MIB } },
    ] as const
    const { termination } = await bench.run('head -c 200000000 /dev/zero | tail -n 1', ...parts)
    assert.equal(termination.limitation?.resource, 'mem')
    assert.match(termination.limitation.message, /^Memory limit exceeded: Requested: 32MB/)
  })

  test('SIGTERM reaches the program, SIGKILL ends it', async () => {
    const polite = await bench.launch('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done')
    await until(() => bench.bench.output(polite.containerId).includes('ready'))
    await bench.docker.signal(polite.containerId, 'SIGTERM')
    assert.equal((await bench.docker.wait(polite.containerId)).exitCode, 7)
    assert.equal(bench.bench.output(polite.containerId), 'ready\nbye\n')
    const stubborn = await bench.launch('sleep 60')
    await bench.docker.signal(stubborn.containerId, 'SIGTERM')
    await bench.docker.signal(stubborn.containerId, 'SIGKILL')
    assert.equal((await bench.docker.wait(stubborn.containerId)).exitCode, 137)
    await bench.docker.signal(stubborn.containerId, 'SIGKILL')
  })

  test('the signal that the program wants to be stopped by is used', async () => {
    const parameters = [{ key: 'stop-signal', value: 'SIGUSR1' }]
    const { containerId } = await bench.launch('trap "exit 8" USR1; echo ready; while :; do sleep 0.05; done', {
      parameters,
    })
    await until(() => bench.bench.output(containerId).includes('ready'))
    await bench.docker.signal(containerId, 'SIGTERM')
    assert.equal((await bench.docker.wait(containerId)).exitCode, 8)
  })

  test('a command runs inside, and is ended when it takes too long', async () => {
    const { containerId } = await bench.launch('sleep 60')
    const exec = (value: string, timeoutMs: number) =>
      bench.docker.exec(containerId, shell(value), { environment: { A: 'b' }, signal: AbortSignal.timeout(timeoutMs) })
    const { exitCode, output } = await exec('echo $A; echo err >&2; exit 4', 20_000)
    // The engine may tell of two streams in either order.
    assert.deepEqual([exitCode, output.trim().split('\n').sort()], [4, ['b', 'err']])
    assert.equal((await exec(`echo started; sleep 61.25`, 500)).exitCode, undefined)
    await until(() => processesWith('61.25').length === 0)
    await bench.docker.destroy(containerId)
  })

  test('destroy ends and removes the container, however often', async () => {
    const { containerId, pid } = await bench.launch('sleep 60')
    assert.ok(pid > 0)
    const ended = bench.docker.wait(containerId)
    await Promise.all([bench.docker.destroy(containerId), bench.docker.destroy(containerId)])
    await bench.docker.destroy(containerId)
    assert.equal((await ended).exitCode, 137)
    assert.deepEqual(
      (await bench.engine.docker.listContainers({ all: true })).filter(({ Names }) =>
        Names.includes(`/mesos-${containerId}`),
      ),
      [],
    )
  })
})

describe('docker networks and refusals', suite, () => {
  let bench: DockerWorkbench
  before(async () => {
    bench = await DockerWorkbench.start()
  })
  after(() => bench.close())

  test('[mesos 167] in a network of its own it has an address, and its port is mapped', async () => {
    const network = await bench.engine.docker.createNetwork({ Name: 'thermosphere-test', Driver: 'bridge' })
    try {
      const hostPort = 32_000 + (process.pid % 20_000)
      const { containerId, ipAddress } = await bench.launch(
        'echo page >/tmp/index.html; exec busybox httpd -f -p 80 -h /tmp',
        {
          network: { mode: 'user', name: 'thermosphere-test' },
          portMappings: [{ hostPort, containerPort: 80, protocol: 'tcp' }],
          parameters: [
            { key: 'network-alias', value: 'web' },
            { key: 'hostname', value: 'own-name' },
          ],
        },
      )
      assert.match(ipAddress ?? '', /^\d+\.\d+\.\d+\.\d+$/)
      await until(() => answers(ipAddress ?? '', 80))
      await until(() => answers('127.0.0.1', hostPort))
      const taken = bench.spec('sleep 60', {
        network: { mode: 'user', name: 'thermosphere-test' },
        portMappings: [{ hostPort, containerPort: 80, protocol: 'tcp' }],
      })
      await bench.refused(taken, 'DOCKER_PORT_TAKEN', /another process listens/)
      await bench.docker.destroy(containerId)
    } finally {
      await network.remove()
    }
  })

  test('what cannot work is refused with the reason, and leaves no container', async () => {
    await bench.refused(
      bench.spec('true', { image: '127.0.0.1:1/nothing:here' }),
      'DOCKER_IMAGE_MISSING',
      /cannot pull .* check its name/,
    )
    await bench.refused(
      bench.spec('true', { forcePull: true, image: '127.0.0.1:1/nothing' }),
      'DOCKER_IMAGE_MISSING',
      /nothing:latest/,
    )
    await bench.refused(
      bench.spec('true', { parameters: [{ key: 'no-such', value: '' }] }),
      'DOCKER_PARAMETER_INVALID',
      /no-such/,
    )
    await bench.refused(bench.spec('true', { network: { mode: 'user', name: 'absent' } }), 'DOCKER_REFUSED', /absent/)
    await bench.refused(
      bench.spec('', {}, { command: { type: 'exec', path: 'no-such-program', argv: [] } }),
      'DOCKER_REFUSED',
      /no-such-program/,
    )
    await bench.refused(
      bench.spec('true', { network: { mode: 'host' }, hostname: 'x' }),
      'DOCKER_PARAMETER_INVALID',
      /HOST network/,
    )
    await assert.rejects(bench.docker.launch(bench.bench.spec('true'), options), { code: 'UNSUPPORTED' })
    await assert.rejects(bench.docker.launch(bench.spec('true'), { signal: AbortSignal.abort() }), {
      code: 'LAUNCH_ABORTED',
    })
  })

  test('an engine that is not there is named, with what to do', async () => {
    const other = await createWorkbench({ docker: { socketPath: '/nowhere/docker.sock' } })
    const absent = other.containerizers.docker
    assert.ok(absent !== undefined)
    assert.deepEqual(await absent.destroyOrphans(new Set()), [])
    await assert.rejects(absent.launch(bench.spec('true'), options), {
      code: 'DOCKER_UNREACHABLE',
      retryable: true,
      message: /not reachable at \/nowhere\/docker.sock .*start the engine/,
    })
    await other.close()
  })
})

function answers(host: string, port: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
    socket.once('data', (chunk) => {
      socket.destroy()
      resolve(chunk.toString().startsWith('HTTP/1'))
    })
    socket.once('error', () => resolve(undefined))
    socket.once('end', () => resolve(undefined))
  })
}

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createContainerizers } from '../create-containerizers.ts'
import { BUSYBOX_IMAGE, startDockerEngine } from '../testing/docker-engine.ts'
import { requireOrSkip } from '../testing/require-or-skip.ts'
import { createWorkbench, MIB, processesWith, shell, until } from '../testing/workbench.ts'
import type { Containerizer, ContainerId, ContainerSpec, DockerSpec } from '../containerizer.ts'
import type { DockerEngine } from '../testing/docker-engine.ts'
import type { Workbench } from '../testing/workbench.ts'

const options = { signal: new AbortController().signal }
const needs = requireOrSkip('root', 'docker engine')

describe('docker containers', { ...needs, timeout: 240_000 }, () => {
  let engine: DockerEngine
  let bench: Workbench
  let docker: Containerizer
  before(async () => {
    engine = await startDockerEngine()
    bench = await createWorkbench({ docker: { socketPath: engine.socketPath } })
    assert.ok(bench.containerizers.docker !== undefined)
    docker = bench.containerizers.docker
  })
  after(async () => {
    await docker.destroyOrphans(new Set())
    await bench.close()
    await engine.close()
  })

  const specOf = (value: string, more: Partial<DockerSpec> = {}, rest: Partial<ContainerSpec> = {}): ContainerSpec =>
    bench.spec(value, {
      docker: {
        image: BUSYBOX_IMAGE,
        network: { mode: 'none' },
        portMappings: [],
        mounts: [],
        privileged: false,
        forcePull: false,
        parameters: [],
        ...more,
      },
      ...rest,
    })
  const launch = async (...parts: Parameters<typeof specOf>) => {
    const spec = specOf(...parts)
    return { ...(await docker.launch(spec, options)), spec }
  }
  const run = async (...parts: Parameters<typeof specOf>) => {
    const { containerId } = await launch(...parts)
    const termination = await docker.wait(containerId)
    return { termination, stdout: bench.output(containerId), stderr: bench.output(containerId, 'stderr') }
  }
  const refused = async (spec: ContainerSpec, code: string, message: RegExp) => {
    await assert.rejects(docker.launch(spec, options), { code, message })
    assert.equal(
      (await engine.docker.listContainers({ all: true, filters: { name: [`mesos-${spec.containerId}`] } })).length,
      0,
    )
  }

  test('the exit code, the environment and both outputs arrive', async () => {
    const value = 'echo out $GREETING $MESOS_CONTAINER_NAME; echo err >&2; exit 3'
    const { containerId } = await launch(value, {}, { environment: { GREETING: 'hello' } })
    assert.deepEqual(await docker.wait(containerId), { containerId, exitCode: 3 })
    assert.equal(bench.output(containerId), `out hello mesos-${containerId}\n`)
    assert.equal(bench.output(containerId, 'stderr'), 'err\n')
  })

  test('arguments go to the entry point of the image, or are the command', async () => {
    const command = { type: 'exec', path: '', argv: ['echo', 'a b', '$HOME'] } as const
    assert.equal((await run('', {}, { command })).stdout, 'a b $HOME\n')
    const entrypoint = { parameters: [{ key: 'entrypoint', value: '/bin/echo' }] }
    assert.equal(
      (await run('', entrypoint, { command: { type: 'exec', path: 'x', argv: ['x', 'y'] } })).stdout,
      'x x y\n',
    )
  })

  test('the sandbox is mounted, and volumes with their modes', async () => {
    const source = join(bench.directory, 'volume')
    mkdirSync(source, { recursive: true })
    writeFileSync(join(source, 'file'), 'content\n')
    const mounts = [{ source, target: '/data', readOnly: true }]
    const { stdout, stderr } = await run(
      'cat /data/file; touch /mnt/mesos/sandbox/here; touch /data/no; ls /mnt/mesos/sandbox',
      { mounts },
    )
    assert.equal(stdout, 'content\nhere\nstderr\nstdout\n')
    assert.match(stderr, /Read-only/)
  })

  test('limits reach the cgroups, and memory is raised but never lowered', async () => {
    const limits = { cpusMilli: 500, cpusLimitMilli: 1000, memBytes: 64 * MIB }
    const { dockerId = '', containerId } = await launch('sleep 60', {}, { limits })
    const configured = async () => (await engine.docker.getContainer(dockerId).inspect()).HostConfig
    const { CpuShares, CpuQuota, Memory } = await configured()
    assert.deepEqual([CpuShares, CpuQuota, Memory], [512, 100_000, 64 * MIB])
    await docker.update(containerId, { cpusMilli: 1000, memBytes: 32 * MIB })
    assert.deepEqual([(await configured()).CpuShares, (await configured()).Memory], [1024, 64 * MIB])
    await docker.update(containerId, { cpusMilli: 1000, memBytes: 128 * MIB })
    assert.equal((await configured()).Memory, 128 * MIB)
    const usage = await docker.usage(containerId)
    assert.equal(usage?.memLimitBytes, 128 * MIB)
    assert.ok((usage.threads ?? 0) >= 1)
    await docker.destroy(containerId)
    assert.equal(await docker.usage(containerId), undefined)
  })

  test('a container that exceeds its memory says so', async () => {
    const parts = [
      { parameters: [{ key: 'memory-swap', value: '32m' }] },
      { limits: { cpusMilli: 100, memBytes: 32 * MIB } },
    ] as const
    const { termination } = await run('head -c 200000000 /dev/zero | tail -n 1', ...parts)
    assert.equal(termination.limitation?.resource, 'mem')
    assert.match(termination.limitation.message, /^Memory limit exceeded: Requested: 32MB/)
  })

  test('SIGTERM reaches the program, SIGKILL ends it', async () => {
    const polite = await launch('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done')
    await until(() => bench.output(polite.containerId).includes('ready'))
    await docker.signal(polite.containerId, 'SIGTERM')
    assert.equal((await docker.wait(polite.containerId)).exitCode, 7)
    assert.equal(bench.output(polite.containerId), 'ready\nbye\n')
    const stubborn = await launch('sleep 60')
    await docker.signal(stubborn.containerId, 'SIGTERM')
    await docker.signal(stubborn.containerId, 'SIGKILL')
    assert.equal((await docker.wait(stubborn.containerId)).exitCode, 137)
    await docker.signal(stubborn.containerId, 'SIGKILL')
  })

  test('the signal that the program wants to be stopped by is used', async () => {
    const parameters = [{ key: 'stop-signal', value: 'SIGUSR1' }]
    const { containerId } = await launch('trap "exit 8" USR1; echo ready; while :; do sleep 0.05; done', { parameters })
    await until(() => bench.output(containerId).includes('ready'))
    await docker.signal(containerId, 'SIGTERM')
    assert.equal((await docker.wait(containerId)).exitCode, 8)
  })

  test('a command runs inside, and is ended when it takes too long', async () => {
    const { containerId } = await launch('sleep 60')
    const exec = (value: string, timeoutMs: number) =>
      docker.exec(containerId, shell(value), { environment: { A: 'b' }, signal: AbortSignal.timeout(timeoutMs) })
    assert.deepEqual(await exec('echo $A; echo err >&2; exit 4', 20_000), { exitCode: 4, output: 'b\nerr\n' })
    assert.equal((await exec(`echo started; sleep 61.25`, 500)).exitCode, undefined)
    await until(() => processesWith('61.25').length === 0)
    await docker.destroy(containerId)
  })

  test('destroy ends and removes the container, however often', async () => {
    const { containerId, pid } = await launch('sleep 60')
    assert.ok(pid > 0)
    const ended = docker.wait(containerId)
    await Promise.all([docker.destroy(containerId), docker.destroy(containerId)])
    await docker.destroy(containerId)
    assert.equal((await ended).exitCode, 137)
    assert.deepEqual(
      (await engine.docker.listContainers({ all: true })).filter(({ Names }) =>
        Names.includes(`/mesos-${containerId}`),
      ),
      [],
    )
  })

  test('in a network of its own it has an address, and its port is mapped', async () => {
    const network = await engine.docker.createNetwork({ Name: 'thermosphere-test', Driver: 'bridge' })
    try {
      const hostPort = 32_000 + (process.pid % 20_000)
      const { containerId, ipAddress } = await launch(
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
      const taken = specOf('sleep 60', {
        network: { mode: 'user', name: 'thermosphere-test' },
        portMappings: [{ hostPort, containerPort: 80, protocol: 'tcp' }],
      })
      await refused(taken, 'DOCKER_PORT_TAKEN', /another process listens/)
      await docker.destroy(containerId)
    } finally {
      await network.remove()
    }
  })

  test('what cannot work is refused with the reason, and leaves no container', async () => {
    await refused(
      specOf('true', { image: '127.0.0.1:1/nothing:here' }),
      'DOCKER_IMAGE_MISSING',
      /cannot pull .* check its name/,
    )
    await refused(
      specOf('true', { forcePull: true, image: '127.0.0.1:1/nothing' }),
      'DOCKER_IMAGE_MISSING',
      /nothing:latest/,
    )
    await refused(
      specOf('true', { parameters: [{ key: 'no-such', value: '' }] }),
      'DOCKER_PARAMETER_INVALID',
      /no-such/,
    )
    await refused(specOf('true', { network: { mode: 'user', name: 'absent' } }), 'DOCKER_REFUSED', /absent/)
    await refused(
      specOf('', {}, { command: { type: 'exec', path: 'no-such-program', argv: [] } }),
      'DOCKER_REFUSED',
      /no-such-program/,
    )
    await refused(
      specOf('true', { network: { mode: 'host' }, hostname: 'x' }),
      'DOCKER_PARAMETER_INVALID',
      /HOST network/,
    )
    await assert.rejects(docker.launch(bench.spec('true'), options), { code: 'UNSUPPORTED' })
    await assert.rejects(docker.launch(specOf('true'), { signal: AbortSignal.abort() }), { code: 'LAUNCH_ABORTED' })
  })

  test('an engine that is not there is named, with what to do', async () => {
    const other = await createWorkbench({ docker: { socketPath: '/nowhere/docker.sock' } })
    const absent = other.containerizers.docker
    assert.ok(absent !== undefined)
    assert.deepEqual(await absent.destroyOrphans(new Set()), [])
    await assert.rejects(absent.launch(specOf('true'), options), {
      code: 'DOCKER_UNREACHABLE',
      retryable: true,
      message: /not reachable at \/nowhere\/docker.sock .*start the engine/,
    })
    await other.close()
  })

  /** The next agent on the same runtime directory; the first one stops, as by kill -9. */
  const nextAgent = async (): Promise<Containerizer> => {
    await docker.close()
    const next = await createContainerizers({
      runtimeDir: join(bench.directory, 'runtime'),
      mode: 'posix',
      docker: { socketPath: engine.socketPath },
    })
    assert.ok(next.docker !== undefined)
    docker = next.docker
    return docker
  }

  test('a container outlives the agent; its output goes on where it stopped', async () => {
    const before = specOf(
      'i=0; while [ ! -e /mnt/mesos/sandbox/finish ]; do i=$((i+1)); echo line $i; sleep 0.02; done; exit 5',
    )
    writeFileSync(join(before.sandbox, 'stdout'), 'fetched\n')
    const handle = await docker.launch(before, options)
    await until(() => bench.output(handle.containerId).includes('line 5\n'))
    await nextAgent()
    await sleep(200)
    assert.equal(await docker.recover(handle), 'running')
    assert.ok(!(await docker.destroyOrphans(new Set([handle.containerId]))).includes(handle.containerId))
    writeFileSync(join(before.sandbox, 'finish'), '')
    assert.equal((await docker.wait(handle.containerId)).exitCode, 5)
    const [first, ...lines] = bench.output(handle.containerId).trimEnd().split('\n')
    assert.equal(first, 'fetched')
    assert.deepEqual(
      lines,
      lines.map((_, index) => `line ${String(index + 1)}`),
    )
  })

  test('the end of a container while no agent lives is not lost, nor its last words', async () => {
    const { spec, ...handle } = await launch('sleep 0.3; echo last words; exit 6')
    await nextAgent()
    await sleep(1_000)
    assert.equal(await docker.recover(handle), 'ended')
    assert.equal((await docker.wait(handle.containerId)).exitCode, 6)
    assert.equal(readFileSync(join(spec.sandbox, 'stdout'), 'utf8'), 'last words\n')
  })

  test('a container that somebody removed is recovered as ended without status', async () => {
    const handle = await launch('sleep 60')
    await nextAgent()
    await engine.docker.getContainer(handle.dockerId ?? '').remove({ force: true })
    assert.equal(await docker.recover(handle), 'ended')
    assert.match((await docker.wait(handle.containerId)).message ?? '', /Exit status lost/)
  })

  test('orphans are removed, containers of others are not', async () => {
    const foreign = await engine.docker.createContainer({
      Image: BUSYBOX_IMAGE,
      Cmd: ['sleep', '60'],
      name: 'mesos-foreign',
    })
    const orphan = await launch('sleep 60')
    await nextAgent()
    assert.ok((await docker.destroyOrphans(new Set<ContainerId>())).includes(orphan.containerId))
    assert.equal((await foreign.inspect()).State.Status, 'created')
    await foreign.remove()
  })

  test('a link in the sandbox does not lead the output to another file', async () => {
    const spec = specOf('echo secret')
    const victim = join(bench.directory, 'victim')
    writeFileSync(victim, 'whole\n')
    symlinkSync(victim, join(spec.sandbox, 'stdout'))
    await docker.launch(spec, options)
    assert.match((await docker.wait(spec.containerId)).message ?? '', /output is incomplete/)
    assert.equal(readFileSync(victim, 'utf8'), 'whole\n')
  })

  test('a restart of the engine ends neither the container nor the wait for it', async () => {
    const spec = specOf('echo one; while [ ! -e /mnt/mesos/sandbox/finish ]; do sleep 0.05; done; echo two; exit 9')
    await docker.launch(spec, options)
    const ended = docker.wait(spec.containerId)
    await engine.restart()
    writeFileSync(join(spec.sandbox, 'finish'), '')
    assert.deepEqual(await ended, { containerId: spec.containerId, exitCode: 9 })
    assert.equal(bench.output(spec.containerId), 'one\ntwo\n')
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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createOptions, imageWithTag } from './create-options.ts'
import { asEngineError } from './engine-errors.ts'
import { FrameReader } from './output.ts'
import { applyParameter, parseSize } from './parameters.ts'
import { ipAddressOf } from './replies.ts'
import { usageOfStats } from './usage.ts'
import type { ContainerId, ContainerSpec, DockerSpec } from '../containerizer.ts'
import type { DockerInspect } from './replies.ts'

const MIB = 1024 * 1024
const docker: DockerSpec = {
  image: 'web',
  network: { mode: 'bridge' },
  portMappings: [],
  mounts: [],
  privileged: false,
  forcePull: false,
  parameters: [],
}
const spec: ContainerSpec = {
  containerId: 'c1' as ContainerId,
  environment: { A: 'b' },
  sandbox: '/s',
  limits: { cpusMilli: 500, memBytes: 64 * MIB },
}
const optionsOf = (more: Partial<DockerSpec> = {}, rest: Partial<ContainerSpec> = {}) =>
  createOptions(
    { ...spec, ...rest },
    { docker: { ...docker, ...more }, runtime: '/run', offsets: { stdout: 7, stderr: 0 }, isCfsEnabled: false },
  )
const withParameters = (...pairs: readonly (readonly [string, string])[]) =>
  optionsOf({ parameters: pairs.map(([key, value]) => ({ key, value })) })

test('a container is created with name, labels, sandbox and limits', () => {
  assert.deepEqual(optionsOf(), {
    name: 'mesos-c1',
    Image: 'web:latest',
    Env: ['A=b', 'MESOS_CONTAINER_NAME=mesos-c1'],
    Labels: {
      'thermosphere.runtime': '/run',
      'thermosphere.container': 'c1',
      'thermosphere.stdout-bytes': '7',
      'thermosphere.stderr-bytes': '0',
    },
    HostConfig: {
      CpuShares: 512,
      Memory: 64 * MIB,
      Binds: ['/s:/mnt/mesos/sandbox:rw'],
      NetworkMode: 'bridge',
      Privileged: false,
      Ulimits: [],
      LogConfig: { Type: 'json-file', Config: {} },
    },
  })
})

test('commands: a shell replaces the entry point, arguments follow it', () => {
  const parts = (command: NonNullable<ContainerSpec['command']>) => {
    const { Entrypoint, Cmd } = optionsOf({}, { command })
    return [Entrypoint, Cmd]
  }
  assert.deepEqual(parts({ type: 'shell', value: 'a | b' }), [['/bin/sh'], ['-c', 'a | b']])
  assert.deepEqual(parts({ type: 'exec', path: '', argv: ['x', 'y'] }), [undefined, ['x', 'y']])
  assert.deepEqual(parts({ type: 'exec', path: 'run', argv: ['run'] }), [undefined, ['run']])
  assert.deepEqual(parts({ type: 'exec', path: 'run', argv: ['x'] }), [undefined, ['run', 'x']])
})

test('limits: memory as hard limit, the request as reservation when a limit is given', () => {
  const limits = { cpusMilli: 100, cpusLimitMilli: 200, memBytes: 64 * MIB, memLimitBytes: 128 * MIB, pidsMax: 5 }
  const { HostConfig } = optionsOf({}, { limits })
  assert.deepEqual([HostConfig.Memory, HostConfig.MemoryReservation], [128 * MIB, 64 * MIB])
  assert.deepEqual([HostConfig.CpuQuota, HostConfig.CpuPeriod, HostConfig.PidsLimit], [20_000, 100_000, 5])
  const unlimited = optionsOf({}, { limits: { ...limits, memLimitBytes: Infinity } }).HostConfig
  assert.equal(unlimited.Memory, undefined)
})

test('ports, volumes and networks', () => {
  const { HostConfig, ExposedPorts } = optionsOf({
    network: { mode: 'user', name: 'net' },
    portMappings: [
      { hostPort: 31_000, containerPort: 80, protocol: 'tcp' },
      { hostPort: 31_001, containerPort: 80, protocol: 'tcp' },
      { hostPort: 31_002, containerPort: 53, protocol: 'udp' },
    ],
    mounts: [
      { source: '/h', target: '/c', readOnly: true },
      { source: '/box', target: '/mnt/mesos/sandbox', readOnly: false },
    ],
  })
  assert.equal(HostConfig.NetworkMode, 'net')
  assert.deepEqual(HostConfig.PortBindings, {
    '80/tcp': [{ HostPort: '31000' }, { HostPort: '31001' }],
    '53/udp': [{ HostPort: '31002' }],
  })
  assert.deepEqual(ExposedPorts, { '80/tcp': {}, '53/udp': {} })
  assert.deepEqual(HostConfig.Binds, ['/h:/c:ro', '/box:/mnt/mesos/sandbox:rw'])
})

test('a path with a colon is a mount, because it cannot be told in a bind', () => {
  const mounts = [
    { source: '/a:b', target: '/c', readOnly: true },
    { source: '/d', target: '/e', readOnly: false },
  ]
  const { HostConfig } = optionsOf({ mounts })
  assert.deepEqual(HostConfig.Binds, ['/s:/mnt/mesos/sandbox:rw', '/d:/e:rw'])
  assert.deepEqual(HostConfig.Mounts, [{ Type: 'bind', Source: '/a:b', Target: '/c', ReadOnly: true }])
})

test('combinations that the network mode forbids are refused', () => {
  const portMappings = [{ hostPort: 1, containerPort: 1, protocol: 'tcp' }] as const
  assert.throws(() => optionsOf({ network: { mode: 'host' }, portMappings }), { code: 'DOCKER_PARAMETER_INVALID' })
  assert.throws(() => optionsOf({ network: { mode: 'host' }, hostname: 'x' }), /HOST network mode/)
})

test('[mesos 166] parameters are the options of docker run, and win over everything else', () => {
  const { HostConfig, ...draft } = withParameters(
    ['network-alias', 'web'],
    ['env', 'A=c'],
    ['e', 'B=d'],
    ['label', 'team=x=y'],
    ['volume', '/x:/y'],
    ['add-host', 'db:10.0.0.1'],
    ['cap-add', 'NET_ADMIN'],
    ['cap-add', 'SYS_TIME'],
    ['memory', '1g'],
    ['memory-swap', '-1'],
    ['shm-size', '64m'],
    ['ulimit', 'nofile=10:20'],
    ['ulimit', 'core=0'],
    ['device', '/dev/fuse'],
    ['publish', '127.0.0.1:8080:80'],
    ['p', '53/udp'],
    ['log-opt', 'max-size=1m'],
    ['sysctl', 'net.ipv4.ip_forward=1'],
    ['tmpfs', '/t:size=1m'],
    ['network', 'net'],
    ['user', '1000'],
    ['workdir', '/w'],
    ['init', 'true'],
    ['rm', 'true'],
    ['hostname', 'h'],
  )
  assert.deepEqual(draft.Env, ['MESOS_CONTAINER_NAME=mesos-c1', 'A=c', 'B=d'])
  assert.equal((draft.Labels as Record<string, string>)['team'], 'x=y')
  assert.deepEqual([draft.User, draft.WorkingDir, draft.Hostname], ['1000', '/w', 'h'])
  assert.deepEqual(draft.NetworkingConfig, { EndpointsConfig: { net: { Aliases: ['web'] } } })
  assert.deepEqual(HostConfig.Binds, ['/s:/mnt/mesos/sandbox:rw', '/x:/y'])
  assert.deepEqual([HostConfig.ExtraHosts, HostConfig.CapAdd], [['db:10.0.0.1'], ['NET_ADMIN', 'SYS_TIME']])
  assert.deepEqual([HostConfig.Memory, HostConfig.MemorySwap, HostConfig.ShmSize], [1024 * MIB, -1, 64 * MIB])
  assert.deepEqual(HostConfig.Ulimits, [
    { Name: 'nofile', Soft: 10, Hard: 20 },
    { Name: 'core', Soft: 0, Hard: 0 },
  ])
  assert.deepEqual(HostConfig.Devices, [
    { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' },
  ])
  assert.deepEqual(HostConfig.PortBindings, {
    '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }],
    '53/udp': [{ HostPort: '' }],
  })
  assert.deepEqual(HostConfig.LogConfig, { Type: 'json-file', Config: { 'max-size': '1m' } })
  assert.deepEqual([HostConfig.Sysctls, HostConfig.Tmpfs], [{ 'net.ipv4.ip_forward': '1' }, { '/t': 'size=1m' }])
  assert.deepEqual([HostConfig.NetworkMode, HostConfig.Init], ['net', true])
})

test('parameters that cannot be had are refused by name and reason', () => {
  const code = 'DOCKER_PARAMETER_INVALID'
  assert.throws(() => withParameters(['no-such', 'x']), {
    code,
    message: /no-such: not an option .* known are add-host/,
  })
  assert.throws(() => withParameters(['name', 'x']), { code, message: /agent names its containers/ })
  assert.throws(() => withParameters(['cpu-shares', 'many']), { code, message: /whole number/ })
  assert.throws(() => withParameters(['publish', 'x']), { code })
  assert.throws(() => withParameters(['toString', 'x']), { code })
  assert.throws(() => applyParameter({ HostConfig: {} }, { key: 'init', value: 'maybe' }), { code })
})

test('sizes are read as docker reads them', () => {
  assert.deepEqual(
    ['1', '10b', '1k', '1.5m', '2G', '1mb', '-1'].map((size) => parseSize(size, 'x')),
    [1, 10, 1024, 1_572_864, 2 ** 31, 2 ** 20, -1],
  )
  assert.throws(() => parseSize('1x', 'memory'), { code: 'DOCKER_PARAMETER_INVALID' })
})

test('an image without a tag is the latest', () => {
  assert.deepEqual(['a', 'a:1', 'host:5000/a', 'host:5000/a:1', 'a@sha256:00'].map(imageWithTag), [
    'a:latest',
    'a:1',
    'host:5000/a:latest',
    'host:5000/a:1',
    'a@sha256:00',
  ])
})

test('a log is taken apart however it is cut', () => {
  const frame = fc.record({ isError: fc.boolean(), text: fc.string({ maxLength: 20 }) })
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (frames, cuts) => {
      const whole = Buffer.concat(
        frames.map(({ isError, text }) => {
          const header = Buffer.alloc(8)
          header[0] = isError ? 2 : 1
          header.writeUInt32BE(Buffer.byteLength(text), 4)
          return Buffer.concat([header, Buffer.from(text)])
        }),
      )
      const reader = new FrameReader()
      const out = { stdout: '', stderr: '' }
      for (let at = 0, turn = 0; at < whole.length; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1)
        for (const { stream, data } of reader.push(whole.subarray(at, end))) out[stream] += data.toString('latin1')
        at = end
      }
      const expected = (isError: boolean) =>
        Buffer.from(
          frames
            .filter((one) => one.isError === isError)
            .map(({ text }) => text)
            .join(''),
        ).toString('latin1')
      assert.deepEqual(out, { stdout: expected(false), stderr: expected(true) })
    }),
  )
})

test('the address is that of the first network that has one', () => {
  const inspected = (NetworkSettings: DockerInspect['NetworkSettings']) =>
    ipAddressOf({ NetworkSettings } as DockerInspect)
  assert.equal(inspected({ IPAddress: '' }), undefined)
  assert.equal(
    inspected({ IPAddress: '', Networks: { a: { IPAddress: '' }, b: { IPAddress: '10.0.0.2' } } }),
    '10.0.0.2',
  )
})

test('statistics get the names of Mesos', () => {
  const usage = usageOfStats(
    {
      cpu_stats: {
        cpu_usage: { usage_in_kernelmode: 1e9, usage_in_usermode: 2.5e9 },
        throttling_data: { periods: 4, throttled_periods: 2, throttled_time: 5e8 },
      },
      memory_stats: { usage: 300, limit: 1000, stats: { total_rss: 100, total_cache: 50 } },
      pids_stats: { current: 3 },
      networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
    },
    7,
  )
  assert.deepEqual(usage, {
    timestamp: 7,
    cpusUserTimeSecs: 2.5,
    cpusSystemTimeSecs: 1,
    cpusNrPeriods: 4,
    cpusNrThrottled: 2,
    cpusThrottledTimeSecs: 0.5,
    memRssBytes: 100,
    memAnonBytes: 100,
    memFileBytes: 50,
    memTotalBytes: 300,
    memLimitBytes: 1000,
    threads: 3,
    netRxBytes: 11,
    netTxBytes: 22,
  })
})

test('refusals of the engine get codes and advice', () => {
  const refusal = (message: string, more: object) =>
    asEngineError(Object.assign(new Error(message), more), 'cannot start', '/d.sock')
  assert.equal(refusal('x', { code: 'ECONNREFUSED' }).code, 'DOCKER_UNREACHABLE')
  assert.match(refusal('x', { code: 'EACCES' }).message, /group docker/)
  assert.equal(
    refusal('', { statusCode: 500, json: { message: 'port is already allocated' } }).code,
    'DOCKER_PORT_TAKEN',
  )
  assert.equal(refusal('write: no space left on device', { statusCode: 500 }).code, 'NO_SPACE')
  assert.equal(refusal('odd', { statusCode: 500 }).code, 'DOCKER_REFUSED')
})

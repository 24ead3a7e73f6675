import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { mesos } from '@thermosphere/protocol'
import { FakeCluster } from '../test-kit/fake-cluster.ts'

function launched(body: Record<string, unknown>, config = {}): mesos.TaskInfo {
  const cluster = new FakeCluster({
    config,
    agents: [{ id: 'a', host: 'host-1', resources: 'cpus:8;mem:8192;disk:999;ports:[31000-31100]' }],
  })
  cluster.subscribe()
  const response = cluster.create({ id: '/g/web', ...body })
  assert.equal(response.status, 201, JSON.stringify(response.body))
  cluster.offerAll()
  const [task] = cluster.tasks.values()
  assert.ok(task !== undefined)
  return task.info
}

const environmentOf = (info: mesos.TaskInfo): Record<string, string | undefined> =>
  Object.fromEntries((info.command?.environment?.variables ?? []).map(({ name, value }) => [name, value]))

const portsOf = (info: mesos.TaskInfo): number[] =>
  (info.resources ?? []).flatMap(({ name, ranges }) =>
    name === 'ports'
      ? (ranges?.range ?? []).flatMap(({ begin, end }) =>
          Array.from({ length: Number(end) - Number(begin) + 1 }, (_, i) => Number(begin) + i),
        )
      : [],
  )

describe('the task of an app', () => {
  test('[marathon 95] the environment is that of the table, and the app has the last word', () => {
    const info = launched({
      cmd: 'run it',
      cpus: 0.1,
      mem: 128,
      portDefinitions: [{ name: 'http-api', port: 9000 }, {}],
      labels: { 'a.b c': 'x' },
      env: { HOST: 'mine', B: '2' },
    })
    const environment = environmentOf(info)
    const [first, second] = environment['PORTS']?.split(',') ?? []
    assert.deepEqual(
      portsOf(info),
      [first, second].map(Number).sort((a, b) => a - b),
    )
    assert.deepEqual(
      { ...environment, MARATHON_APP_VERSION: 'v' },
      {
        MESOS_TASK_ID: info.task_id.value,
        MARATHON_APP_ID: '/g/web',
        MARATHON_APP_VERSION: 'v',
        MARATHON_APP_RESOURCE_CPUS: '0.1',
        MARATHON_APP_RESOURCE_MEM: '128.0',
        MARATHON_APP_RESOURCE_DISK: '0.0',
        MARATHON_APP_RESOURCE_GPUS: '0',
        MARATHON_APP_ENFORCE_GROUP_ROLE: 'FALSE',
        MARATHON_APP_LABELS: 'A_B_C',
        MARATHON_APP_LABEL_A_B_C: 'x',
        HOST: 'mine',
        PORT: first,
        PORTS: `${first},${second}`,
        PORT0: first,
        PORT1: second,
        PORT_9000: first,
        'PORT_HTTP-API': first,
        PORT_10000: second,
        B: '2',
      },
    )
  })

  test('[marathon 96] the prefix goes before HOST and the ports', () => {
    const environment = environmentOf(launched({ cmd: 'sleep 1' }, { envVarsPrefix: 'X_' }))
    assert.ok(
      environment['X_PORT0'] !== undefined && environment['X_HOST'] === 'host-1' && environment['PORT0'] === undefined,
    )
  })

  test('[marathon 92] requirePorts takes exactly the declared port', () => {
    const info = launched({ cmd: 'sleep 1', requirePorts: true, portDefinitions: [{ port: 31_007 }] })
    assert.deepEqual(portsOf(info), [31_007])
  })

  test('[marathon 97] names and ports are there for service discovery', () => {
    const info = launched({
      cmd: 'sleep 1',
      portDefinitions: [{ name: 'web', protocol: 'udp,tcp', labels: { VIP_0: '/web:80' } }],
      labels: { a: '1' },
    })
    const [number] = portsOf(info)
    const labels = { labels: [{ key: 'VIP_0', value: '/web:80' }] }
    assert.equal(info.name, 'web.g')
    assert.deepEqual(info.labels, { labels: [{ key: 'a', value: '1' }] })
    assert.deepEqual(info.discovery, {
      visibility: 'FRAMEWORK',
      name: 'web.g',
      ports: { ports: ['udp', 'tcp'].map((protocol) => ({ number, protocol, name: 'web', labels })) },
    })
  })

  test('[marathon 93][marathon 102] a Docker app in bridge mode gets its mappings', () => {
    const portMappings = [
      { containerPort: 80, hostPort: 0 },
      { containerPort: 0, hostPort: 31_050, protocol: 'udp,tcp' },
    ]
    const parameters = [{ key: 'hostname', value: 'a' }]
    const container = { type: 'DOCKER', docker: { image: 'nginx', privileged: true, parameters }, portMappings }
    const info = launched({ container, networks: [{ mode: 'container/bridge' }], args: ['-g', 'daemon off;'] })
    const docker = info.container?.docker
    assert.deepEqual([docker?.image, docker?.network, docker?.privileged], ['nginx', 'BRIDGE', true])
    assert.deepEqual(docker?.parameters, [
      ...parameters,
      { key: 'label', value: `MESOS_TASK_ID=${info.task_id.value}` },
    ])
    const host = docker?.port_mappings?.[0]?.host_port
    assert.deepEqual(docker?.port_mappings, [
      { host_port: host, container_port: 80, protocol: 'tcp' },
      { host_port: 31_050, container_port: 31_050, protocol: 'udp' },
      { host_port: 31_050, container_port: 31_050, protocol: 'tcp' },
    ])
    assert.deepEqual(
      [info.command?.shell, info.command?.value, info.command?.arguments],
      [false, undefined, ['-g', 'daemon off;']],
    )
    assert.equal(environmentOf(info)['PORT_80'], String(host))
  })

  test('[marathon 103] an image for the Mesos runtime is passed on', () => {
    const info = launched({ container: { type: 'MESOS', docker: { image: 'alpine' } }, cmd: 'sleep 1' })
    assert.deepEqual(info.container?.mesos?.image, { type: 'DOCKER', docker: { name: 'alpine' }, cached: true })
  })

  test('[marathon 105] host volumes are mounted', () => {
    const volumes = [{ containerPath: '/data', hostPath: '/srv', mode: 'ro' }]
    const info = launched({ container: { type: 'MESOS', volumes }, cmd: 'sleep 1' })
    assert.deepEqual(info.container?.volumes, [{ mode: 'RO', container_path: '/data', host_path: '/srv' }])
  })

  test('args without a container repeat their first as the program', () => {
    const info = launched({ args: ['/bin/sleep', '9'] })
    assert.deepEqual(
      [info.command?.shell, info.command?.value, info.command?.arguments],
      [false, '/bin/sleep', ['/bin/sleep', '9']],
    )
  })

  test('[marathon 83][marathon 84] artifacts, user and grace period are passed on', () => {
    const fetch = [{ uri: 'http://x/a.tgz', destPath: 'a', extract: false }]
    const info = launched({ cmd: 'sleep 1', fetch, user: 'nobody', taskKillGracePeriodSeconds: 7 })
    assert.deepEqual(info.command?.uris, [
      { value: 'http://x/a.tgz', extract: false, executable: false, cache: false, output_file: 'a' },
    ])
    assert.equal(info.command?.user, 'nobody')
    assert.deepEqual(info.kill_policy, { grace_period: { nanoseconds: 7_000_000_000 } })
  })

  test('[marathon 114] agent-side checks are handed to Mesos', () => {
    const http = launched({
      cmd: 'sleep 1',
      healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health', intervalSeconds: 2 }],
    })
    assert.deepEqual(http.health_check, {
      type: 'HTTP',
      http: { port: portsOf(http)[0], protocol: 'IPv4', scheme: 'http', path: '/health' },
      delay_seconds: 15,
      interval_seconds: 2,
      timeout_seconds: 20,
      consecutive_failures: 3,
      grace_period_seconds: 300,
    })
    const shell = launched({ cmd: 'sleep 1', healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' } }] })
    assert.deepEqual(shell.health_check?.command, { shell: true, value: 'true' })
  })

  test('[marathon 117] a general check is handed to Mesos', () => {
    const info = launched({ cmd: 'sleep 1', check: { exec: { command: { shell: 'test -f x' } }, intervalSeconds: 3 } })
    assert.deepEqual(
      [info.check?.type, info.check?.command?.command, info.check?.interval_seconds],
      ['COMMAND', { shell: true, value: 'test -f x' }, 3],
    )
  })

  test('[marathon 100] a custom executor is started with the command', () => {
    const info = launched({ cmd: 'go', executor: '/opt/executor', executorResources: { cpus: 0.2 } })
    assert.equal(info.command, undefined)
    assert.equal(info.executor?.executor_id.value, `marathon-${info.task_id.value}`)
    assert.equal(info.executor?.command?.value, "chmod ug+rx '/opt/executor' && exec '/opt/executor' go")
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeCluster } from '../test-kit/fake-cluster.ts'

type Detail = { readonly path: string; readonly errors: readonly string[] }
type Body = { readonly message: string; readonly details: readonly Detail[] }

const ok = { id: 'a', cmd: 'sleep 1' }
const docker = { type: 'DOCKER', docker: { image: 'nginx' } }
const bridge = { ...ok, networks: [{ mode: 'container/bridge' }] }
const command = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."

type Row = readonly [name: string, body: Record<string, unknown>, path: string, error: string]

const semantic: readonly Row[] = [
  ['[marathon 28] cmd and args', { ...ok, args: ['x'] }, '/', command],
  ['neither cmd nor args nor image', { id: 'a' }, '/', command],
  ['a one-letter command', { id: 'a', cmd: 'w' }, '/cmd', 'must not be an empty string'],
  [
    'a reserved last segment',
    { ...ok, id: 'a/restart' },
    '/id',
    'must not end with any of the following reserved keywords: restart, tasks, versions, ., ..',
  ],
  [
    '[marathon 90] a foreign accepted role',
    { ...ok, acceptedResourceRoles: ['x'] },
    '/acceptedResourceRoles',
    'acceptedResourceRoles can only contain * and *',
  ],
  ['a foreign role', { ...ok, role: 'dev' }, '/role', 'got dev, expected one of: [*]'],
  [
    '[marathon 85] a limit below the request',
    { ...ok, cpus: 2, resourceLimits: { cpus: 1 } },
    '/resourceLimits/cpus',
    'resource limit must be greater than or equal to requested resource (2)',
  ],
  [
    'a limit that is no limit',
    { ...ok, resourceLimits: { mem: 'x' } },
    '/resourceLimits/mem',
    "'x' is an invalid resource limit. It must be 'unlimited' or a number",
  ],
  [
    'an unknown operator',
    { ...ok, constraints: [['hostname', 'NEAR']] },
    '/constraints(0)',
    'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS',
  ],
  [
    'UNIQUE with a value',
    { ...ok, constraints: [['hostname', 'UNIQUE', 'x']] },
    '/constraints(0)',
    'UNIQUE does not accept a value',
  ],
  [
    'MAX_PER without a number',
    { ...ok, constraints: [['rack', 'MAX_PER', 'x']] },
    '/constraints(0)',
    'MAX_PER requires an integer value',
  ],
  [
    'LIKE without a value',
    { ...ok, constraints: [['rack', 'LIKE']] },
    '/constraints(0)',
    'LIKE and UNLIKE require a non-empty, regular expression value',
  ],
  [
    'a constraint of one field',
    { ...ok, constraints: [['rack']] },
    '/constraints(0)',
    'Each constraint must have either 2 or 3 fields',
  ],
  [
    'two host networks',
    { ...ok, networks: [{ mode: 'host' }, { mode: 'host' }] },
    '/networks',
    'May specify a single host network, single bridge network, or else 1-to-n container networks',
  ],
  [
    'a named host network',
    { ...ok, networks: [{ mode: 'host', name: 'x' }] },
    '/networks(0)',
    'Host networks may not have names or labels',
  ],
  [
    'a container network without a name',
    { ...ok, networks: [{ mode: 'container' }] },
    '/networks(0)',
    'Network name must be specified when container network is selected.',
  ],
  [
    'port mappings on the host network',
    { ...ok, container: { ...docker, portMappings: [{ containerPort: 80 }] } },
    '/container/portMappings',
    'portMappings are not allowed with host-networking',
  ],
  [
    'equal ports',
    { ...ok, portDefinitions: [{ port: 8000 }, { port: 8000 }] },
    '/portDefinitions',
    'Ports must be unique.',
  ],
  [
    'equal port names',
    { ...ok, portDefinitions: [{ name: 'a' }, { name: 'a' }] },
    '/portDefinitions',
    'Port names must be unique.',
  ],
  ['a Docker container without docker', { ...ok, container: { type: 'DOCKER' } }, '/container/docker', 'not defined'],
  [
    'a port index that is not there',
    { ...ok, portDefinitions: [{}, {}], healthChecks: [{ portIndex: 2 }] },
    '/healthChecks(0)',
    'Health check port indices must address an element of the ports array or container port mappings.',
  ],
  [
    'two Mesos health checks',
    { ...ok, healthChecks: [{ protocol: 'MESOS_HTTP' }, { protocol: 'MESOS_TCP' }] },
    '/healthChecks',
    'AppDefinition can contain at most one Mesos health check',
  ],
  [
    'a readiness check without its port',
    { ...ok, readinessChecks: [{}] },
    '/readinessChecks(0)/portName',
    'No port definition reference for portName http-api',
  ],
  [
    'inactive after expunge',
    { ...ok, unreachableStrategy: { inactiveAfterSeconds: 2, expungeAfterSeconds: 1 } },
    '/unreachableStrategy',
    'inactiveAfterSeconds (2) must be less or equal to expungeAfterSeconds, which is 1',
  ],
  [
    '[marathon 110] secrets without the feature',
    { ...ok, env: { A: { secret: 'x' } } },
    '/env',
    'use of secret-references in the environment requires the secrets feature to be enabled',
  ],
  [
    '[marathon 82] two instances of a single-instance app',
    {
      ...ok,
      instances: 2,
      labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' },
      upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
    },
    '/instances',
    'Single instance app may only have one instance',
  ],
  [
    '[marathon 32] uris and fetch',
    { ...ok, uris: ['http://x/a'], fetch: [{ uri: 'http://x/a' }] },
    '/uris',
    'may not be set in conjunction with fetch',
  ],
  [
    'docker.network and networks',
    { ...bridge, container: { ...docker, docker: { image: 'x', network: 'BRIDGE' } } },
    '/',
    'must not specify both container.docker.network and networks',
  ],
  [
    '[marathon 111] seccomp that is both',
    { ...ok, container: { type: 'MESOS', linuxInfo: { seccomp: { unconfined: true, profileName: 'x' } } } },
    '/container/linuxInfo/seccomp',
    'Seccomp unconfined can NOT be true when Profile is defined',
  ],
]

const shape: readonly (readonly [name: string, body: unknown, path: string, error: string])[] = [
  ['[marathon 29] a number as id', { id: 5 }, '/id', 'error.expected.jsstring'],
  ['a missing id', { cmd: 'sleep 1' }, '/id', 'error.path.missing'],
  ['an id with capitals', { id: 'Web' }, '/id', 'error.pattern'],
  ['text as cpus', { ...ok, cpus: 'x' }, '/cpus', 'error.expected.jsnumber'],
  ['negative instances', { ...ok, instances: -1 }, '/instances', 'error.min(0)'],
  [
    'an unknown protocol',
    { ...ok, healthChecks: [{ protocol: 'UDP' }] },
    '/healthChecks(0)/protocol',
    'error.unknown.enum.literal',
  ],
  ['a number as label', { ...ok, labels: { a: 1 } }, '/labels(a)', 'error.expected.jsstring'],
  [
    'half an upgrade strategy',
    { ...ok, upgradeStrategy: { minimumHealthCapacity: 1 } },
    '/upgradeStrategy/maximumOverCapacity',
    'error.path.missing',
  ],
  ['a list as body', [], '/', 'error.expected.jsobject'],
]

describe('what is refused', () => {
  for (const [name, body, path, error] of semantic)
    test(name, () => {
      const response = new FakeCluster().create(body)
      assert.equal(response.status, 422)
      const { message, details } = response.body as Body
      assert.equal(message, 'Object is not valid')
      assert.ok(
        details.some((detail) => detail.path === path && detail.errors.includes(error)),
        JSON.stringify(details),
      )
    })

  for (const [name, body, path, error] of shape)
    test(name, () => {
      const response = new FakeCluster().create(body)
      assert.equal(response.status, 422)
      const { message, details } = response.body as Body
      assert.equal(message, 'Invalid JSON')
      assert.deepEqual(details, [{ path, errors: [error] }])
    })
})

describe('what is accepted', () => {
  const appOf = (body: Record<string, unknown>): Record<string, unknown> => {
    const cluster = new FakeCluster()
    const response = cluster.create({ id: 'a', ...body })
    assert.equal(response.status, 201, JSON.stringify(response.body))
    const app = cluster.state.root.apps.get('/a')
    assert.ok(app !== undefined)
    return { ...app }
  }

  test('[marathon 26][marathon 27] null is absent, unknown fields are ignored', () => {
    const app = appOf({
      cmd: 'sleep 1',
      ports: null,
      dependencies: null,
      container: null,
      tasksRunning: 4,
      foo: { bar: 1 },
    })
    assert.deepEqual(app['portDefinitions'], [{ port: 10_000, name: 'default', protocol: 'tcp' }])
  })

  test('[marathon 32][marathon 33] a Docker bridge app of old comes out canonical', () => {
    const portMappings = [{ containerPort: 80, hostPort: 0, servicePort: 9000, protocol: 'tcp' }]
    const app = appOf({
      container: { type: 'docker', docker: { image: 'nginx', network: 'Bridge', portMappings } },
      uris: ['http://x/a.tgz', 'http://x/b'],
    })
    assert.deepEqual(app['networks'], [{ mode: 'container/bridge' }])
    assert.deepEqual(app['container'], {
      type: 'DOCKER',
      docker: { image: 'nginx', forcePullImage: false, privileged: false, parameters: [] },
      volumes: [],
      portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 9000, protocol: 'tcp', labels: {} }],
    })
    const fetch = app['fetch'] as { uri: string; extract: boolean }[]
    assert.deepEqual(
      fetch.map(({ extract }) => extract),
      [true, false],
    )
    assert.equal(app['portDefinitions'], undefined)
  })

  test('ports become port definitions, an empty list means no port', () => {
    assert.deepEqual(appOf({ cmd: 'sleep 1', ports: [8080, 0] })['portDefinitions'], [
      { port: 8080, protocol: 'tcp' },
      { port: 10_000, protocol: 'tcp' },
    ])
    assert.deepEqual(appOf({ cmd: 'sleep 1', portDefinitions: [] })['portDefinitions'], [])
  })

  test('an address of its own becomes a container network', () => {
    const ipAddress = { networkName: 'blue', discovery: { ports: [{ number: 80, name: 'http', protocol: 'tcp' }] } }
    const app = appOf({ cmd: 'sleep 1', ipAddress })
    assert.deepEqual(app['networks'], [{ mode: 'container', name: 'blue' }])
    const container = app['container'] as { portMappings: unknown[] }
    assert.deepEqual(container.portMappings, [
      { containerPort: 80, servicePort: 10_000, protocol: 'tcp', labels: {}, name: 'http' },
    ])
  })

  test('lower-case operators are read as upper-case ones', () => {
    assert.deepEqual(
      appOf({
        cmd: 'sleep 1',
        constraints: [
          ['hostname', 'unique'],
          ['hostname', 'UNIQUE'],
        ],
      })['constraints'],
      [['hostname', 'UNIQUE']],
    )
  })

  test('[marathon 94] service ports are unique and kept over updates', () => {
    const cluster = new FakeCluster()
    const ports = (id: string) => cluster.state.root.apps.get(id)?.portDefinitions?.map(({ port }) => port)
    cluster.create({ id: 'a', cmd: 'sleep 1', portDefinitions: [{}, {}] })
    cluster.create({ id: 'b', cmd: 'sleep 1' })
    assert.deepEqual([ports('/a'), ports('/b')], [[10_000, 10_001], [10_002]])
    cluster.update('/a', { cmd: 'sleep 2', portDefinitions: [{}, {}, {}] }, { force: true })
    assert.deepEqual(ports('/a'), [10_000, 10_001, 10_003])
  })
})

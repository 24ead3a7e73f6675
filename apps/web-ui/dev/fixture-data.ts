/** A made-up cluster in the shapes of Mesos, Marathon and Chronos: for looking at pages without running one. */
export type Scenario = 'full' | 'empty' | 'lost'

const now = Date.now()
const iso = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString()
const scalar = (name: string, value: number) => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  allocation_info: { role: '*' },
})
const wireResources = (cpus: number, mem: number, port?: number) => [
  scalar('cpus', cpus),
  scalar('mem', mem),
  ...(port === undefined ? [] : [{ name: 'ports', type: 'RANGES', ranges: { range: [{ begin: port, end: port }] } }]),
]

const cluster = 'a1417ac8-2124-416f-a1f8-24c24701c11d'
export const marathonId = `${cluster}-0000`
export const chronosId = `${cluster}-0001`
const agentId = (index: number) => `${cluster}-S${index}`

export const agents = Array.from({ length: 6 }, (_, index) => ({
  agent_info: {
    id: { value: agentId(index) },
    hostname: `node-${index + 1}.lab.example`,
    port: 5051,
    attributes: [
      { name: 'rack', type: 'TEXT', text: { value: `r${(index % 3) + 1}` } },
      { name: 'disk', type: 'TEXT', text: { value: index < 2 ? 'nvme' : 'ssd' } },
    ],
  },
  active: true,
  deactivated: false,
  version: '1.12.0',
  pid: `slave(1)@10.0.0.${index + 1}:5051`,
  registered_time: { nanoseconds: (now - 3_600_000 * (index + 2)) * 1e6 },
  total_resources: [
    { name: 'cpus', type: 'SCALAR', scalar: { value: index < 2 ? 8 : 4 }, role: '*' },
    { name: 'mem', type: 'SCALAR', scalar: { value: index < 2 ? 32_768 : 16_384 }, role: '*' },
    { name: 'disk', type: 'SCALAR', scalar: { value: 409_600 }, role: '*' },
    ...(index === 1 ? [{ name: 'mem', type: 'SCALAR', scalar: { value: 4_096 }, role: 'db' }] : []),
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31_000, end: 32_000 }] }, role: '*' },
  ],
  capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'AGENT_DRAINING'].map((type) => ({ type })),
}))

const framework = (id: string, name: string, port: number) => ({
  framework_info: {
    user: 'root',
    name,
    id: { value: id },
    roles: ['*'],
    checkpoint: true,
    failover_timeout: 604_800,
    hostname: 'node-1.lab.example',
    webui_url: `http://node-1.lab.example:${port}`,
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
  },
  active: true,
  connected: true,
  recovered: false,
  registered_time: { nanoseconds: (now - 7_200_000) * 1e6 },
})
export const frameworks = [framework(marathonId, 'marathon', 8080), framework(chronosId, 'chronos', 4400)]

type AppSeed = {
  id: string
  cpus: number
  mem: number
  instances: number
  running: number
  staged?: number
  unhealthy?: number
  image?: string
  checked?: boolean
  extra?: object
}
const seeds: AppSeed[] = [
  { id: '/shop/web', cpus: 0.5, mem: 512, instances: 6, running: 6, checked: true, image: 'nginx:1.29' },
  { id: '/shop/cart', cpus: 9, mem: 2_048, instances: 2, running: 0 },
  { id: '/shop/checkout', cpus: 0.5, mem: 1_024, instances: 4, running: 2, staged: 1, checked: true },
  { id: '/shop/search/api', cpus: 0.5, mem: 768, instances: 3, running: 3, unhealthy: 1, checked: true },
  { id: '/shop/search/index', cpus: 1, mem: 4_096, instances: 2, running: 2 },
  { id: '/data/kafka', cpus: 0.75, mem: 6_144, instances: 3, running: 3, checked: true, image: 'apache/kafka:4.1' },
  { id: '/data/zoo', cpus: 0.25, mem: 512, instances: 3, running: 3 },
  { id: '/monitoring/prometheus', cpus: 1, mem: 2_048, instances: 1, running: 1, image: 'prom/prometheus:v3.8' },
  { id: '/monitoring/grafana', cpus: 0.5, mem: 512, instances: 1, running: 1 },
  { id: '/tools/backup', cpus: 0.2, mem: 128, instances: 0, running: 0 },
  { id: '/importer', cpus: 0.5, mem: 256, instances: 1, running: 0 },
  { id: '/hello', cpus: 0.1, mem: 32, instances: 2, running: 2, extra: { cmd: 'while true; do date; sleep 2; done' } },
]

let nextPort = 31_000
const marathonTasks = (seed: AppSeed) =>
  Array.from({ length: seed.running + (seed.staged ?? 0) }, (_, index) => {
    const isStaged = index >= seed.running
    const isUnhealthy = index < (seed.unhealthy ?? 0)
    const host = (seed.id.length + index) % 5
    return {
      id: `${seed.id.slice(1).replaceAll('/', '_')}.instance-6a0c${index}e52-c6d5-11f0-9d1b-0242ac11000${index}._app.1`,
      appId: seed.id,
      host: `node-${host + 1}.lab.example`,
      slaveId: agentId(host),
      state: isStaged ? 'TASK_STAGING' : 'TASK_RUNNING',
      stagedAt: iso(60 + index),
      startedAt: isStaged ? null : iso(59 + index),
      version: iso(seed.id === '/shop/checkout' && index === 0 ? 900 : 62),
      ports: [(nextPort += 1)],
      ipAddresses: [{ ipAddress: `10.0.0.${host + 1}`, protocol: 'IPv4' }],
      healthCheckResults:
        seed.checked === true && !isStaged
          ? [
              {
                alive: !isUnhealthy,
                consecutiveFailures: isUnhealthy ? 4 : 0,
                lastFailureCause: isUnhealthy ? 'HTTP 503 Service Unavailable' : undefined,
              },
            ]
          : [],
    }
  })

export const apps = seeds.map((seed) => ({
  id: seed.id,
  cmd: seed.image === undefined ? 'exec ./serve --port $PORT0 --log json' : undefined,
  instances: seed.instances,
  cpus: seed.cpus,
  mem: seed.mem,
  disk: 0,
  gpus: 0,
  labels: { team: seed.id.split('/')[1] ?? '' },
  env: { LOG_LEVEL: 'info', REGION: 'eu-1' },
  constraints: [['hostname', 'MAX_PER', '2']],
  healthChecks:
    seed.checked === true
      ? [
          {
            protocol: 'HTTP',
            path: '/health',
            portIndex: 0,
            intervalSeconds: 10,
            timeoutSeconds: 5,
            maxConsecutiveFailures: 3,
            gracePeriodSeconds: 30,
          },
        ]
      : [],
  upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 },
  portDefinitions: [{ port: 10_000, name: 'http', protocol: 'tcp' }],
  ...(seed.image === undefined ? {} : { container: { type: 'DOCKER', docker: { image: seed.image } } }),
  version: iso(62),
  versionInfo: { lastScalingAt: iso(62), lastConfigChangeAt: iso(900) },
  tasksStaged: seed.staged ?? 0,
  tasksRunning: seed.running,
  tasksHealthy: seed.checked === true ? seed.running - (seed.unhealthy ?? 0) : 0,
  tasksUnhealthy: seed.unhealthy ?? 0,
  deployments: seed.id === '/shop/checkout' ? [{ id: 'd-1' }] : [],
  tasks: marathonTasks(seed),
  ...(seed.id === '/importer'
    ? {
        lastTaskFailure: {
          appId: seed.id,
          host: 'node-2.lab.example',
          message: 'Command exited with status 137: Memory limit exceeded (256 MB)',
          state: 'TASK_FAILED',
          taskId: 'importer.instance-1._app.9',
          timestamp: iso(1),
          version: iso(62),
        },
      }
    : {}),
  ...seed.extra,
}))

export const deployments = [
  {
    id: 'd-1',
    version: iso(2),
    affectedApps: ['/shop/checkout'],
    affectedPods: [],
    steps: [{ actions: [{ action: 'RestartApplication', app: '/shop/checkout' }] }],
    currentActions: [{ action: 'RestartApplication', app: '/shop/checkout' }],
    currentStep: 1,
    totalSteps: 1,
  },
]

const summary = (rejects: [string, number, number][]) => ({
  processedOffersCount: 48,
  unusedOffersCount: 48,
  lastUnusedOfferAt: iso(0.1),
  rejectSummaryLastOffers: rejects.map(([reason, declined, processed]) => ({ reason, declined, processed })),
  rejectSummaryLaunchAttempt: rejects.map(([reason, declined, processed]) => ({
    reason,
    declined: declined * 8,
    processed: processed * 8,
  })),
})
export const queue = [
  {
    app: { id: '/shop/cart' },
    count: 2,
    role: '*',
    since: iso(14),
    delay: { timeLeftSeconds: 0, overdue: true },
    processedOffersSummary: summary([
      ['UnfulfilledRole', 0, 6],
      ['UnfulfilledConstraint', 1, 6],
      ['InsufficientCpus', 5, 5],
      ['InsufficientMemory', 0, 0],
    ]),
    lastUnusedOffers: [0, 1, 2].map((index) => ({
      offer: {
        id: `o${index}`,
        hostname: `node-${index + 1}.lab.example`,
        agentId: agentId(index),
        resources: [
          { name: 'cpus', scalar: 2.5 - index * 0.5, role: '*' },
          { name: 'mem', scalar: 9_000, role: '*' },
        ],
      },
      reason: index === 2 ? ['UnfulfilledConstraint'] : ['InsufficientCpus'],
      timestamp: iso(0.1),
    })),
  },
  {
    app: { id: '/importer' },
    count: 1,
    role: '*',
    since: iso(3),
    delay: { timeLeftSeconds: 47, overdue: false },
    processedOffersSummary: summary([]),
  },
]

export const wireTasks = () => [
  ...apps.flatMap((app) =>
    app.tasks.map((task) => ({
      name: app.id.split('/').filter(Boolean).reverse().join('.'),
      task_id: { value: task.id },
      framework_id: { value: marathonId },
      agent_id: { value: task.slaveId },
      state: task.state,
      resources: wireResources(app.cpus, app.mem, task.ports[0]),
      statuses: [
        {
          task_id: { value: task.id },
          state: 'TASK_STARTING',
          timestamp: Date.parse(task.stagedAt) / 1000,
          source: 'SOURCE_EXECUTOR',
        },
        ...(task.startedAt === null
          ? []
          : [
              {
                task_id: { value: task.id },
                state: 'TASK_RUNNING',
                timestamp: Date.parse(task.startedAt) / 1000,
                source: 'SOURCE_EXECUTOR',
                healthy: task.healthCheckResults[0]?.alive,
              },
            ]),
      ],
    })),
  ),
]

const ended = (id: string, state: string, minutesAgo: number, message: string, frameworkId: string) => ({
  name: id.split('.')[0] ?? id,
  task_id: { value: id },
  framework_id: { value: frameworkId },
  agent_id: { value: agentId(1) },
  state,
  resources: wireResources(0.5, 256),
  statuses: [
    { task_id: { value: id }, state: 'TASK_RUNNING', timestamp: (now - (minutesAgo + 2) * 60_000) / 1000 },
    {
      task_id: { value: id },
      state,
      timestamp: (now - minutesAgo * 60_000) / 1000,
      message,
      reason: 'REASON_COMMAND_EXECUTOR_FAILED',
    },
  ],
})
export const endedTasks = () => [
  ended(
    'importer.instance-1._app.9',
    'TASK_FAILED',
    1,
    'Command exited with status 137: Memory limit exceeded (256 MB)',
    marathonId,
  ),
  ended('importer.instance-1._app.8', 'TASK_FAILED', 4, 'Command exited with status 137', marathonId),
  ended(`ct:${now - 600_000}:0:ingest:`, 'TASK_FINISHED', 8, 'Command exited with status 0', chronosId),
  ended(`ct:${now - 900_000}:2:cleanup:`, 'TASK_FAILED', 12, 'Command exited with status 1', chronosId),
]

const job = (name: string, extra: object) => ({
  name,
  command: `/opt/jobs/${name}.sh`,
  shell: true,
  retries: 2,
  owner: 'ops@example.org',
  successCount: 412,
  errorCount: 3,
  errorsSinceLastSuccess: 0,
  lastSuccess: iso(16),
  lastError: iso(2_000),
  cpus: 0.5,
  mem: 256,
  disk: 256,
  disabled: false,
  ...extra,
})
const day = new Date(now + 86_400_000).toISOString().slice(0, 10)
export const jobs = [
  job('ingest', {
    schedule: `R/${new Date(Math.ceil(now / 900_000) * 900_000).toISOString()}/PT15M`,
    description: 'Pulls the partner feeds',
  }),
  job('transform', { parents: ['ingest'], cpus: 1 }),
  job('publish', { parents: ['transform', 'catalogue'] }),
  job('catalogue', { schedule: `R/${day}T02:00:00.000Z/P1D`, scheduleTimeZone: 'Europe/Berlin' }),
  job('cleanup', { schedule: '0 */2 * * *', errorsSinceLastSuccess: 3, lastError: iso(12), errorCount: 14 }),
  job('nightly-report', { schedule: '30 4 * * 1-5', scheduleTimeZone: 'Europe/Berlin' }),
  job('notify', { parents: ['nightly-report'] }),
  job('reindex', { schedule: `R5/${day}T22:00:00.000Z/P1W`, disabled: true }),
  job('warm-cache', { schedule: 'R//PT5M', successCount: 0, errorCount: 0, lastSuccess: '', lastError: '' }),
]
const states: Record<string, [string, string]> = {
  ingest: ['success', '1 running'],
  cleanup: ['failure', 'idle'],
  'warm-cache': ['fresh', 'queued'],
}
export const summaries = jobs.map((one) => {
  const [status = 'success', state = 'idle'] = states[one.name] ?? []
  return {
    name: one.name,
    status,
    state,
    schedule: 'schedule' in one ? one.schedule : '',
    parents: 'parents' in one ? one.parents : [],
    disabled: one.disabled,
  }
})

export const runsOf = (name: string) =>
  Array.from({ length: 24 }, (_, index) => {
    const due = now - (index * 15 + 2) * 60_000
    const isFailed = name === 'cleanup' ? index < 3 : index === 6
    const isRunning = name === 'ingest' && index === 0
    return {
      id: `ct:${due}:${isFailed ? 2 : 0}:${name}:`,
      attempt: isFailed ? 2 : 0,
      state: isRunning ? 'running' : isFailed ? 'failed' : 'success',
      scheduledAt: new Date(due).toISOString(),
      startedAt: new Date(due + 900).toISOString(),
      finishedAt: isRunning ? null : new Date(due + 40_000 + index * 1_700).toISOString(),
      exitCode: isRunning ? null : isFailed ? 1 : 0,
      message: isFailed ? 'Command exited with status 1' : null,
      agentId: agentId(index % 4),
      frameworkId: chronosId,
      executorId: `ct:${due}:0:${name}:`,
    }
  })

export const capacity = () => ({
  samples: Array.from({ length: 240 }, (_, index) => {
    const wave = (base: number, amplitude: number) =>
      base + amplitude * Math.sin(index / 18) + amplitude * 0.4 * Math.sin(index / 5)
    return {
      at: now - (240 - index) * 15_000,
      cpus: { total: 32, used: wave(15, 3) },
      mem: { total: 131_072, used: wave(36_000, 5_000) },
      disk: { total: 2_457_600, used: 0 },
    }
  }),
})

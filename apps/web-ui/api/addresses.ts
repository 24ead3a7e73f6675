/** Where the gateway serves each part. */
const prefixes = { mesos: '/mesos', marathon: '/service/marathon', chronos: '/service/chronos' } as const
const appPath = (id: string) => id.split('/').filter(Boolean).map(encodeURIComponent).join('/')
const name = encodeURIComponent
const query = (members: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(members).map(([key, value]) => [key, String(value)])).toString()

export const addresses = {
  mesos: {
    operator: `${prefixes.mesos}/api/v1`,
    summary: `${prefixes.mesos}/state-summary`,
    roles: `${prefixes.mesos}/roles`,
    version: `${prefixes.mesos}/version`,
    flags: `${prefixes.mesos}/flags`,
    metrics: `${prefixes.mesos}/metrics/snapshot`,
    health: `${prefixes.mesos}/health`,
  },
  agent: {
    browse: (agentId: string, path: string) => `/agent/${name(agentId)}/files/browse?${query({ path })}`,
    read: (agentId: string, path: string, range: { offset: number; length: number }) =>
      `/agent/${name(agentId)}/files/read?${query({ path, ...range })}`,
    follow: (agentId: string, path: string, offset: number) =>
      `/agent/${name(agentId)}/files/follow?${query({ path, offset })}`,
    download: (agentId: string, path: string) => `/agent/${name(agentId)}/files/download?${query({ path })}`,
  },
  marathon: {
    apps: `${prefixes.marathon}/v2/apps`,
    app: (id: string) => `${prefixes.marathon}/v2/apps/${appPath(id)}`,
    restart: (id: string) => `${prefixes.marathon}/v2/apps/${appPath(id)}/restart`,
    versions: (id: string) => `${prefixes.marathon}/v2/apps/${appPath(id)}/versions`,
    version: (id: string, at: string) => `${prefixes.marathon}/v2/apps/${appPath(id)}/versions/${name(at)}`,
    killTasks: `${prefixes.marathon}/v2/tasks/delete`,
    groups: `${prefixes.marathon}/v2/groups`,
    group: (id: string) => `${prefixes.marathon}/v2/groups/${appPath(id)}`,
    deployments: `${prefixes.marathon}/v2/deployments`,
    deployment: (id: string) => `${prefixes.marathon}/v2/deployments/${name(id)}`,
    queue: `${prefixes.marathon}/v2/queue`,
    delay: (id: string) => `${prefixes.marathon}/v2/queue/${appPath(id)}/delay`,
    events: `${prefixes.marathon}/v2/events`,
    info: `${prefixes.marathon}/v2/info`,
  },
  chronos: {
    jobs: `${prefixes.chronos}/v1/scheduler/jobs`,
    summary: `${prefixes.chronos}/v1/scheduler/jobs/summary`,
    job: (jobName: string) => `${prefixes.chronos}/v1/scheduler/job/${name(jobName)}`,
    runs: (jobName: string) => `${prefixes.chronos}/v1/scheduler/job/${name(jobName)}/runs`,
    kill: (jobName: string) => `${prefixes.chronos}/v1/scheduler/task/kill/${name(jobName)}`,
    scheduled: `${prefixes.chronos}/v1/scheduler/iso8601`,
    dependent: `${prefixes.chronos}/v1/scheduler/dependency`,
    queue: `${prefixes.chronos}/v1/scheduler/queue`,
    leader: `${prefixes.chronos}/v1/scheduler/leader`,
    events: `${prefixes.chronos}/v1/events`,
    ping: `${prefixes.chronos}/ping`,
  },
  gateway: { capacity: '/thermosphere/v1/capacity', cluster: '/thermosphere/v1/cluster' },
} as const

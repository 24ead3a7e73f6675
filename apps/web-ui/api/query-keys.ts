/** Every key of the query cache. The ones under `live` are written by the event streams, never fetched. */
export const keys = {
  live: {
    cluster: ['live', 'cluster'],
    services: ['live', 'services'],
    jobs: ['live', 'jobs'],
    feed: ['live', 'feed'],
    connections: ['live', 'connections'],
  },
  capacity: ['capacity'],
  clusterInfo: ['cluster-info'],
  appVersions: (id: string) => ['app', id, 'versions'],
  appVersion: (id: string, version: string) => ['app', id, 'version', version],
  runs: (job: string) => ['job', job, 'runs'],
  sandbox: (agentId: string, candidates: readonly string[]) => ['sandbox', agentId, ...candidates],
  files: (agentId: string, path: string) => ['files', agentId, path],
  roles: ['roles'],
  flags: ['flags'],
  part: (part: string) => ['part', part],
} as const

/** Every address of the dashboard. Pages and links take theirs from here, so that a rename is one change. */

const encode = (segment: string) => encodeURIComponent(segment)
/** `/shop/cart` keeps its slashes: groups read as folders in the address bar. */
const encodePathId = (id: string) => id.split('/').filter(Boolean).map(encode).join('/')
const withQuery = (path: string, query: Record<string, string | undefined>) => {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`
}

export const patterns = {
  overview: '/',
  services: '/services',
  serviceGroup: '/services/group/*',
  serviceNew: '/services/new',
  serviceEdit: '/services/edit/*',
  service: '/services/app/*',
  deployments: '/services/deployments',
  jobs: '/jobs',
  jobNew: '/jobs/new',
  jobGraph: '/jobs/graph',
  jobEdit: '/jobs/edit/:name',
  job: '/jobs/job/:name',
  tasks: '/tasks',
  task: '/tasks/:frameworkId/:taskId',
  nodes: '/nodes',
  node: '/nodes/:agentId',
  frameworks: '/frameworks',
  framework: '/frameworks/:frameworkId',
  roles: '/roles',
  events: '/events',
  system: '/system',
} as const

export const paths = {
  overview: () => patterns.overview,
  services: (query: { q?: string; status?: string } = {}) => withQuery(patterns.services, query),
  serviceGroup: (id: string) => (encodePathId(id) === '' ? patterns.services : `/services/group/${encodePathId(id)}`),
  serviceNew: (query: { group?: string; sample?: string } = {}) => withQuery(patterns.serviceNew, query),
  serviceEdit: (id: string, query: { version?: string } = {}) => withQuery(`/services/edit/${encodePathId(id)}`, query),
  service: (id: string, query: { tab?: string } = {}) => withQuery(`/services/app/${encodePathId(id)}`, query),
  deployments: () => patterns.deployments,
  jobs: (query: { q?: string; status?: string } = {}) => withQuery(patterns.jobs, query),
  jobNew: (query: { parent?: string; sample?: string } = {}) => withQuery(patterns.jobNew, query),
  jobGraph: () => patterns.jobGraph,
  jobEdit: (name: string) => `/jobs/edit/${encode(name)}`,
  job: (name: string, query: { tab?: string } = {}) => withQuery(`/jobs/job/${encode(name)}`, query),
  tasks: (query: { q?: string; status?: string } = {}) => withQuery(patterns.tasks, query),
  task: (frameworkId: string, taskId: string, query: { tab?: string; agent?: string; executor?: string } = {}) =>
    withQuery(`/tasks/${encode(frameworkId)}/${encode(taskId)}`, query),
  nodes: (query: { q?: string } = {}) => withQuery(patterns.nodes, query),
  node: (agentId: string, query: { tab?: string } = {}) => withQuery(`/nodes/${encode(agentId)}`, query),
  frameworks: () => patterns.frameworks,
  framework: (frameworkId: string) => `/frameworks/${encode(frameworkId)}`,
  roles: () => patterns.roles,
  events: (query: { q?: string; source?: string } = {}) => withQuery(patterns.events, query),
  system: () => patterns.system,
}

/** The id of an app or group from the rest (`*`) of an address. */
export const pathIdFrom = (rest: string | undefined): string => `/${(rest ?? '').split('/').filter(Boolean).join('/')}`

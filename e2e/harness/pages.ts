/** Every page of the dashboard with each of its tabs, for what has to hold on all of them. */
export type Things = {
  readonly service: string
  readonly group: string
  readonly job: string
  readonly task: { readonly frameworkId: string; readonly id: string }
  readonly agentId: string
}

const withTabs = (path: string, tabs: readonly string[]): string[] => [path, ...tabs.map((tab) => `${path}?tab=${tab}`)]

export const everyPage = ({ service, group, job, task, agentId }: Things): string[] => [
  '/',
  '/services',
  '/services/new',
  '/services/new?sample=hello',
  '/services/deployments',
  `/services/group${group}`,
  `/services/edit${service}`,
  ...withTabs(`/services/app${service}`, ['why', 'deployments', 'configuration', 'logs', 'events']),
  '/jobs',
  '/jobs/new',
  '/jobs/graph',
  `/jobs/edit/${job}`,
  ...withTabs(`/jobs/job/${job}`, ['log', 'graph', 'configuration']),
  '/tasks',
  '/tasks?ended=yes',
  ...withTabs(`/tasks/${task.frameworkId}/${task.id}`, ['files', 'details']),
  '/nodes',
  '/nodes?view=grid',
  `/nodes/${agentId}`,
  '/frameworks',
  `/frameworks/${task.frameworkId}`,
  '/roles',
  '/events',
  '/system',
  '/no/such/page',
]

import { createBrowserRouter } from 'react-router'
import { Frame } from './features/frame/Frame.tsx'
import { PageError } from './features/frame/PageError.tsx'
import { patterns } from './paths.ts'
import { SkeletonLines } from './ui/Panel.tsx'

const pages = {
  [patterns.overview]: () => import('./pages/OverviewPage.tsx').then((page) => page.OverviewPage),
  [patterns.services]: () => import('./pages/services/ServicesPage.tsx').then((page) => page.ServicesPage),
  [patterns.serviceGroup]: () => import('./pages/services/ServicesPage.tsx').then((page) => page.ServicesPage),
  [patterns.serviceNew]: () => import('./pages/services/ServiceFormPage.tsx').then((page) => page.ServiceFormPage),
  [patterns.serviceEdit]: () => import('./pages/services/ServiceFormPage.tsx').then((page) => page.ServiceFormPage),
  [patterns.service]: () => import('./pages/services/ServicePage.tsx').then((page) => page.ServicePage),
  [patterns.deployments]: () => import('./pages/services/DeploymentsPage.tsx').then((page) => page.DeploymentsPage),
  [patterns.jobs]: () => import('./pages/jobs/JobsPage.tsx').then((page) => page.JobsPage),
  [patterns.jobNew]: () => import('./pages/jobs/JobFormPage.tsx').then((page) => page.JobFormPage),
  [patterns.jobEdit]: () => import('./pages/jobs/JobFormPage.tsx').then((page) => page.JobFormPage),
  [patterns.jobGraph]: () => import('./pages/jobs/JobGraphPage.tsx').then((page) => page.JobGraphPage),
  [patterns.job]: () => import('./pages/jobs/JobPage.tsx').then((page) => page.JobPage),
  [patterns.tasks]: () => import('./pages/cluster/TasksPage.tsx').then((page) => page.TasksPage),
  [patterns.task]: () => import('./pages/cluster/TaskPage.tsx').then((page) => page.TaskPage),
  [patterns.nodes]: () => import('./pages/cluster/NodesPage.tsx').then((page) => page.NodesPage),
  [patterns.node]: () => import('./pages/cluster/NodePage.tsx').then((page) => page.NodePage),
  [patterns.frameworks]: () => import('./pages/cluster/FrameworksPage.tsx').then((page) => page.FrameworksPage),
  [patterns.framework]: () => import('./pages/cluster/FrameworkPage.tsx').then((page) => page.FrameworkPage),
  [patterns.roles]: () => import('./pages/cluster/RolesPage.tsx').then((page) => page.RolesPage),
  [patterns.events]: () => import('./pages/EventsPage.tsx').then((page) => page.EventsPage),
  [patterns.system]: () => import('./pages/SystemPage.tsx').then((page) => page.SystemPage),
  '*': () => import('./pages/NotFoundPage.tsx').then((page) => page.NotFoundPage),
}

function Loading() {
  return (
    <div className="page">
      <SkeletonLines count={5} />
    </div>
  )
}

export const router = createBrowserRouter([
  {
    element: <Frame />,
    errorElement: <PageError />,
    hydrateFallbackElement: <Loading />,
    children: Object.entries(pages).map(([path, load]) => ({
      path,
      errorElement: <PageError />,
      lazy: async () => ({ Component: await load() }),
    })),
  },
])

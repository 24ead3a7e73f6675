import { createBrowserRouter } from 'react-router'
import { Frame } from './features/frame/Frame.tsx'
import { PageError } from './features/frame/PageError.tsx'
import { patterns } from './paths.ts'
import { SkeletonLines } from './ui/Panel.tsx'

const pages = {
  [patterns.overview]: () => import('./pages/OverviewPage.tsx').then((page) => page.OverviewPage),
  [patterns.services]: () => import('./pages/ServicesPage.tsx').then((page) => page.ServicesPage),
  [patterns.serviceGroup]: () => import('./pages/ServicesPage.tsx').then((page) => page.ServicesPage),
  [patterns.serviceNew]: () => import('./pages/ServiceFormPage.tsx').then((page) => page.ServiceFormPage),
  [patterns.serviceEdit]: () => import('./pages/ServiceFormPage.tsx').then((page) => page.ServiceFormPage),
  [patterns.service]: () => import('./pages/ServicePage.tsx').then((page) => page.ServicePage),
  [patterns.deployments]: () => import('./pages/DeploymentsPage.tsx').then((page) => page.DeploymentsPage),
  [patterns.jobs]: () => import('./pages/JobsPage.tsx').then((page) => page.JobsPage),
  [patterns.jobNew]: () => import('./pages/JobFormPage.tsx').then((page) => page.JobFormPage),
  [patterns.jobEdit]: () => import('./pages/JobFormPage.tsx').then((page) => page.JobFormPage),
  [patterns.jobGraph]: () => import('./pages/JobGraphPage.tsx').then((page) => page.JobGraphPage),
  [patterns.job]: () => import('./pages/JobPage.tsx').then((page) => page.JobPage),
  [patterns.tasks]: () => import('./pages/TasksPage.tsx').then((page) => page.TasksPage),
  [patterns.task]: () => import('./pages/TaskPage.tsx').then((page) => page.TaskPage),
  [patterns.nodes]: () => import('./pages/NodesPage.tsx').then((page) => page.NodesPage),
  [patterns.node]: () => import('./pages/NodePage.tsx').then((page) => page.NodePage),
  [patterns.frameworks]: () => import('./pages/FrameworksPage.tsx').then((page) => page.FrameworksPage),
  [patterns.framework]: () => import('./pages/FrameworkPage.tsx').then((page) => page.FrameworkPage),
  [patterns.roles]: () => import('./pages/RolesPage.tsx').then((page) => page.RolesPage),
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

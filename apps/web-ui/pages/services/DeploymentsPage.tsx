import { Page } from '../../features/frame/Page.tsx'
import { useServices } from '../../features/live/hooks.ts'
import { DeploymentList } from '../../features/services/tabs/DeploymentList.tsx'
import '../../features/services/services.css'
import { paths } from '../../paths.ts'
import { SkeletonLines } from '../../ui/Panel.tsx'

/** What Marathon is changing right now. */
export function DeploymentsPage() {
  const services = useServices()
  return (
    <Page title="Deployments" crumbs={[{ label: 'Services', to: paths.services() }]} sources={['services']}>
      {services === undefined ? <SkeletonLines /> : <DeploymentList deployments={services.deployments} />}
    </Page>
  )
}

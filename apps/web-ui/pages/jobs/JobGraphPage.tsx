import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { Page } from '../../features/frame/Page.tsx'
import { JobGraph } from '../../features/jobs/graph/JobGraph.tsx'
import { useJobViews } from '../../features/live/hooks.ts'
import { paths } from '../../paths.ts'
import { Empty, SkeletonLines } from '../../ui/Panel.tsx'

export function JobGraphPage() {
  const views = useJobViews()
  return (
    <Page
      title="Job graph"
      crumbs={[{ label: 'Jobs', to: paths.jobs() }]}
      sources={['jobs']}
      actions={
        <Button component={Link} to={paths.jobNew()}>
          New job
        </Button>
      }
    >
      {views === undefined ? (
        <SkeletonLines count={6} />
      ) : views.length === 0 ? (
        <Empty title="No jobs yet">Jobs that follow each other are drawn here.</Empty>
      ) : (
        <JobGraph views={views} />
      )}
    </Page>
  )
}

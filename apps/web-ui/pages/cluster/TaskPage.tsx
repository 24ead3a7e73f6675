import { Tabs } from '@mantine/core'
import { Link, useParams, useSearchParams } from 'react-router'
import { taskKey } from '../../api/live/cluster-state.ts'
import type { Task } from '../../api/live/cluster-state.ts'
import { taskWords } from '../../api/live/task-words.ts'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { useCluster, useServices } from '../../features/live/hooks.ts'
import { TaskActions } from '../../features/tasks/TaskActions.tsx'
import { TaskDetails } from '../../features/tasks/TaskDetails.tsx'
import { TaskFiles } from '../../features/tasks/TaskFiles.tsx'
import { TaskLog } from '../../features/tasks/TaskLog.tsx'
import { jobNameOfTask, serviceIdOfTask } from '../../features/tasks/task-owner.ts'
import { paths } from '../../paths.ts'
import { Empty, SkeletonLines } from '../../ui/Panel.tsx'
import { shortId } from '../../ui/text/format.ts'

/** One task: its log first. */
export function TaskPage() {
  const { frameworkId = '', taskId = '' } = useParams()
  const cluster = useCluster()
  const task = cluster?.tasks.get(taskKey(frameworkId, taskId))
  if (cluster === undefined)
    return (
      <Page title={shortId(taskId, 60)} sources={['cluster']}>
        <SkeletonLines count={8} />
      </Page>
    )
  if (task === undefined)
    return (
      <Page title={shortId(taskId, 60)} sources={['cluster']} crumbs={[{ label: 'Tasks', to: paths.tasks() }]}>
        <ForgottenTask frameworkId={frameworkId} taskId={taskId} />
      </Page>
    )
  return <KnownTask task={task} />
}

function KnownTask({ task }: { task: Task }) {
  const [tab, setTab] = useUrlState('tab', 'log')
  const services = useServices()
  const owner = ownerCrumb(task, serviceIdOfTask(task, services))
  return (
    <Page
      title={shortId(task.id, 70)}
      status={taskWords(task.state, task.healthy)}
      crumbs={[{ label: 'Tasks', to: paths.tasks() }, ...(owner === undefined ? [] : [owner])]}
      sources={['cluster']}
      actions={<TaskActions task={task} />}
    >
      <Tabs value={tab} onChange={(value) => setTab(value ?? 'log')} keepMounted={false}>
        <Tabs.List mb={12}>
          <Tabs.Tab value="log">Log</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
          <Tabs.Tab value="details">Timeline and details</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="log">
          <TaskLog task={task} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <TaskFiles task={task} />
        </Tabs.Panel>
        <Tabs.Panel value="details">
          <TaskDetails task={task} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function ownerCrumb(task: Task, serviceId: string | undefined) {
  if (serviceId !== undefined) return { label: serviceId, to: paths.service(serviceId) }
  const job = jobNameOfTask(task.id)
  return job === undefined ? undefined : { label: job, to: paths.job(job) }
}

/** The master forgets ended tasks; the agent keeps the files longer, and a link from a run says which one it was. */
function ForgottenTask({ frameworkId, taskId }: { frameworkId: string; taskId: string }) {
  const [query] = useSearchParams()
  const agentId = query.get('agent')
  const executorId = query.get('executor') ?? undefined
  if (agentId !== null) return <TaskLog task={{ id: taskId, frameworkId, agentId, executorId }} />
  return (
    <Empty title="This task is not known any more">
      The master keeps only the last ended tasks of each framework.{' '}
      <Link className="link" to={paths.tasks()}>
        All tasks
      </Link>
    </Empty>
  )
}

import { useMemo } from 'react'
import { useParams } from 'react-router'
import { isEnded } from '../../api/live/cluster-state.ts'
import type { Cluster, Framework, Task } from '../../api/live/cluster-state.ts'
import { tearDownFramework } from '../../api/master.ts'
import { frameworkWords } from '../../features/cluster/framework-view.ts'
import { Page } from '../../features/frame/Page.tsx'
import { useAction } from '../../features/live/actions.tsx'
import { useCluster, useIsLive } from '../../features/live/hooks.ts'
import { Labels } from '../../features/tasks/TaskDetails.tsx'
import { TasksPanel } from '../../features/tasks/TasksPanel.tsx'
import { paths } from '../../paths.ts'
import { useConfirm } from '../../ui/Confirm.tsx'
import { Id } from '../../ui/Copy.tsx'
import { MoreActions, ReasonedItem } from '../../ui/MoreActions.tsx'
import { duration, plural } from '../../ui/text/format.ts'
import { Empty, Facts, Panel, SkeletonLines } from '../../ui/Panel.tsx'
import { ExactTime } from '../../ui/text/Time.tsx'

export function FrameworkPage() {
  const { frameworkId = '' } = useParams()
  const cluster = useCluster()
  const framework = cluster?.frameworks.get(frameworkId)
  if (cluster === undefined || framework === undefined)
    return (
      <Page title="Framework" crumbs={[{ label: 'Frameworks', to: paths.frameworks() }]} sources={['cluster']}>
        {cluster === undefined ? <SkeletonLines count={8} /> : <Empty title="This framework is not known" />}
      </Page>
    )
  return <KnownFramework framework={framework} cluster={cluster} />
}

function KnownFramework({ framework, cluster }: { framework: Framework; cluster: Cluster }) {
  const taskCount = useMemo(() => {
    const isOwn = (task: Task) => task.frameworkId === framework.id && !isEnded(task.state)
    return [...cluster.tasks.values()].filter(isOwn).length
  }, [cluster, framework.id])
  return (
    <Page
      title={framework.name}
      status={frameworkWords(framework)}
      crumbs={[{ label: 'Frameworks', to: paths.frameworks() }]}
      sources={['cluster']}
      actions={<FrameworkMenu framework={framework} tasks={taskCount} />}
    >
      <Panel title="Details">
        <Facts
          items={[
            ['Id', <Id key="i" value={framework.id} max={60} />],
            ['User', framework.user || '–'],
            ['Principal', framework.principal || '–'],
            ['Roles', framework.roles.join(', ')],
            ['Host', framework.hostname || '–'],
            ['Registered', <ExactTime key="r" at={framework.registeredAt} />],
            [
              'Failover',
              framework.failoverTimeout > 0
                ? `${duration(framework.failoverTimeout * 1000)} to come back before its tasks are killed`
                : 'none: its tasks end with it',
            ],
            ['Checkpoint', framework.checkpoint ? 'yes: tasks survive a restart of their agent' : 'no'],
            [
              'Capabilities',
              <Labels
                key="c"
                labels={framework.capabilities.map((key) => ({
                  key: key.toLowerCase().replaceAll('_', ' '),
                  value: '',
                }))}
              />,
            ],
          ]}
        />
      </Panel>
      <TasksPanel cluster={cluster} of="framework" id={framework.id} empty="No tasks" maxHeight="70vh" />
    </Page>
  )
}

function FrameworkMenu({ framework, tasks }: { framework: Framework; tasks: number }) {
  const { confirm, dialog } = useConfirm()
  const { run } = useAction()
  const isLive = useIsLive('cluster')
  const reason = framework.completed
    ? 'It has ended already.'
    : isLive
      ? undefined
      : 'The connection to the master is lost.'
  const tearDown = () =>
    confirm({
      title: `Tear ${framework.name} down?`,
      text: `Kills ${plural(tasks, 'task')} and removes the framework. What it kept itself may be useless then.`,
      action: 'Tear down',
      typeName: framework.name,
      isDangerous: true,
      onConfirm: () =>
        run({
          done: `${framework.name} is torn down`,
          failed: 'The framework was not torn down',
          action: () => tearDownFramework(framework.id),
        }),
    })
  return (
    <>
      <MoreActions>
        <ReasonedItem label="Tear down…" color="red" reason={reason} onClick={tearDown} />
      </MoreActions>
      {dialog}
    </>
  )
}

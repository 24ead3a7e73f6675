import { ActionIcon, Menu, Switch } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useNavigate, useParams } from 'react-router'
import { isEnded } from '../../api/live/cluster-state.ts'
import type { Cluster, Framework } from '../../api/live/cluster-state.ts'
import { tearDownFramework } from '../../api/master.ts'
import { frameworkWords } from '../../features/cluster/framework-view.ts'
import { Page } from '../../features/frame/Page.tsx'
import { useUrlState } from '../../features/frame/url-state.ts'
import { useAction } from '../../features/live/actions.tsx'
import { useCluster, useIsLive } from '../../features/live/hooks.ts'
import { ReasonedItem } from '../../features/services/ServiceActions.tsx'
import { Labels } from '../../features/tasks/TaskDetails.tsx'
import { taskColumns, taskRow } from '../../features/tasks/task-columns.tsx'
import { paths } from '../../paths.ts'
import { useConfirm } from '../../ui/Confirm.tsx'
import { Id } from '../../ui/Copy.tsx'
import { DataTable } from '../../ui/DataTable.tsx'
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
  const navigate = useNavigate()
  const [ended, setEnded] = useUrlState('ended')
  const rows = useMemo(
    () =>
      [...cluster.tasks.values()]
        .filter((task) => task.frameworkId === framework.id && (ended !== '' || !isEnded(task.state)))
        .map((task) => taskRow(task, cluster)),
    [cluster, framework.id, ended],
  )
  const columns = useMemo(() => taskColumns.filter((column) => column.id !== 'framework'), [])
  return (
    <Page
      title={framework.name}
      status={frameworkWords(framework)}
      crumbs={[{ label: 'Frameworks', to: paths.frameworks() }]}
      sources={['cluster']}
      actions={<FrameworkMenu framework={framework} tasks={rows.filter((row) => !isEnded(row.task.state)).length} />}
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
      <Panel
        title="Tasks"
        flush
        actions={
          <Switch
            label="Ended too"
            checked={ended !== ''}
            onChange={(event) => setEnded(event.currentTarget.checked ? 'yes' : '')}
          />
        }
      >
        <DataTable
          label="Tasks of this framework"
          items={rows}
          columns={columns}
          itemId={(row) => row.task.key}
          onOpen={(row) => void navigate(paths.task(row.task.frameworkId, row.task.id))}
          maxHeight="70vh"
          empty={<Empty title="No tasks" />}
        />
      </Panel>
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
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label="More actions">
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <ReasonedItem label="Tear down…" color="red" reason={reason} onClick={tearDown} />
        </Menu.Dropdown>
      </Menu>
      {dialog}
    </>
  )
}

import { Select } from '@mantine/core'
import type { App } from '../../../api/schemas/marathon.ts'
import { Empty } from '../../../ui/Panel.tsx'
import { shortId } from '../../../ui/text/format.ts'
import { useUrlState } from '../../frame/url-state.ts'
import { useCluster } from '../../live/hooks.ts'
import { TaskLog } from '../../tasks/TaskLog.tsx'
import type { ServiceView } from '../service-view.ts'
import { instanceStatus } from '../service-view.ts'

/** The logs of a service, one instance at a time; the last failed one stays in the list. */
export function ServiceLogs({ view }: { view: ServiceView }) {
  const cluster = useCluster()
  const [chosen, setChosen] = useUrlState('instance')
  const failed = view.app.lastTaskFailure?.taskId
  const ids = [
    ...view.app.tasks.map((task) => task.id),
    ...(failed === undefined || view.app.tasks.some((task) => task.id === failed) ? [] : [failed]),
  ]
  const id = ids.includes(chosen) ? chosen : ids[0]
  const task = [...(cluster?.tasks.values() ?? [])].find((one) => one.id === id)
  if (id === undefined) return <Empty title="No instance has run yet">Logs appear with the first instance.</Empty>
  return (
    <div className="stack" style={{ '--log-top': '355px' } as React.CSSProperties}>
      <Select
        label="Instance"
        allowDeselect={false}
        w={460}
        maw="100%"
        data={ids.map((one) => ({
          value: one,
          label: labelOf(one, view.app),
        }))}
        value={id}
        onChange={(value) => setChosen(value ?? '')}
      />
      {task === undefined ? (
        <Empty title="The master does not know this instance any more" />
      ) : (
        <TaskLog key={task.key} task={task} />
      )}
    </div>
  )
}

function labelOf(id: string, app: App): string {
  const task = app.tasks.find((known) => known.id === id)
  if (task === undefined) return `${shortId(id, 44)} · failed`
  return `${shortId(id, 36)} · ${task.host ?? ''} · ${instanceStatus(task, app).word.toLowerCase()}`
}

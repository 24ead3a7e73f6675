import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link, useNavigate } from 'react-router'
import { deleteJob, killJob, readJob, runJob, saveJob } from '../../api/chronos.ts'
import { paths } from '../../paths.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { useConfirm } from '../../ui/Confirm.tsx'
import type { Question } from '../../ui/Confirm.tsx'
import { MoreActions, ReasonedItem } from '../../ui/MoreActions.tsx'
import { plural } from '../../ui/text/format.ts'
import { useAction } from '../live/actions.tsx'
import { useIsLive, useJobViews, useLive } from '../live/hooks.ts'
import { editableJob, jobToSave } from './job-document.ts'
import { forbiddenForJob } from './job-view.ts'
import type { JobAction, JobView } from './job-view.ts'

export function JobActions({ view }: { view: JobView }) {
  const isLive = useIsLive('jobs')
  const { confirm, dialog } = useConfirm()
  const actions = useJobActions(view, confirm)
  const reason = (action: JobAction) => forbiddenForJob(action, view, { isLive })
  return (
    <>
      <ActionButton reason={reason('run')} leftSection={<IconPlayerPlay size={14} />} onClick={actions.run}>
        Run now
      </ActionButton>
      <Button variant="default" component={Link} to={paths.jobEdit(view.name)}>
        Edit
      </Button>
      <MoreActions>
        <ReasonedItem label="Kill running tasks" reason={reason('kill')} onClick={actions.kill} />
        {view.job.disabled ? (
          <ReasonedItem label="Enable" reason={reason('enable')} onClick={() => actions.setDisabled(false)} />
        ) : (
          <ReasonedItem label="Disable" reason={reason('disable')} onClick={() => actions.setDisabled(true)} />
        )}
        <Menu.Item component={Link} to={paths.jobNew({ parent: view.name })}>
          New job after this one
        </Menu.Item>
        <Menu.Divider />
        <ReasonedItem label="Delete…" color="red" reason={reason('delete')} onClick={actions.delete} />
      </MoreActions>
      {dialog}
    </>
  )
}

/** Run now, as a button of a row. */
export function RunNow({ view }: { view: JobView }) {
  const isLive = useIsLive('jobs')
  const { run, busy } = useAction()
  const live = useLive()
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      loading={busy}
      disabled={!isLive}
      aria-label={`Run ${view.name} now`}
      title="Run now"
      onClick={() =>
        run({
          done: `${view.name} is queued to run`,
          failed: `${view.name} was not started`,
          action: () => runJob(view.name),
          after: () => live.jobChanged(view.name),
        })
      }
    >
      <IconPlayerPlay size={14} />
    </ActionIcon>
  )
}

/** A job is replaced whole: it is read first, so that nothing newer is undone. */
async function setDisabled(name: string, disabled: boolean): Promise<void> {
  const stored = await readJob(name)
  await saveJob(jobToSave({ ...editableJob(stored), disabled }, stored))
}

function useJobActions(view: JobView, confirm: (question: Question) => void) {
  const { run } = useAction()
  const live = useLive()
  const navigate = useNavigate()
  const children = (useJobViews() ?? []).filter((one) => one.parents.includes(view.name))
  const { name } = view
  const after = () => live.jobChanged(name)
  const followers =
    children.length === 0
      ? ''
      : ` ${plural(children.length, 'job')} that follow it: ${children.map((child) => child.name).join(', ')}.`
  return {
    run: () =>
      run({ done: `${name} is queued to run`, failed: `${name} was not started`, action: () => runJob(name), after }),
    kill: () =>
      confirm({
        title: `Kill the running tasks of ${name}?`,
        text: `Ends ${plural(view.running, 'running task')}. The schedule goes on.`,
        action: 'Kill',
        onConfirm: () =>
          run({
            done: `${name} is being killed`,
            failed: 'The tasks were not killed',
            action: () => killJob(name),
            after,
          }),
      }),
    setDisabled: (disabled: boolean) =>
      run({
        done: disabled ? `${name} is disabled` : `${name} is enabled`,
        failed: `${name} was not changed`,
        action: () => setDisabled(name, disabled),
        after,
      }),
    delete: () =>
      confirm({
        title: `Delete ${name}?`,
        text: `Its schedule is lost and its running tasks are killed.${followers}`,
        action: 'Delete',
        typeName: name,
        isDangerous: true,
        onConfirm: () =>
          run({
            done: `${name} is deleted`,
            failed: `${name} was not deleted`,
            action: () => deleteJob(name),
            after: () => {
              after()
              void navigate(paths.jobs())
            },
          }),
      }),
  }
}

import type { Task } from '../../api/live/cluster-state.ts'
import { isEnded } from '../../api/live/cluster-state.ts'
import { killTasks } from '../../api/marathon.ts'
import { killJob } from '../../api/chronos.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { useConfirm } from '../../ui/Confirm.tsx'
import { useAction } from '../live/actions.tsx'
import { useIsLive, useServices } from '../live/hooks.ts'
import { jobNameOfTask, serviceIdOfTask } from './task-owner.ts'

/** What can be done with a task depends on who runs it: an instance is replaced, a run ends. */
export function TaskActions({ task }: { task: Task }) {
  const services = useServices()
  const serviceId = serviceIdOfTask(task, services)
  const job = jobNameOfTask(task.id)
  const isLive = useIsLive(job === undefined ? 'services' : 'jobs')
  const { run, busy } = useAction()
  const { confirm, dialog } = useConfirm()
  if (serviceId === undefined && job === undefined) return null
  const ended = isEnded(task.state)
    ? 'It has ended already.'
    : isLive
      ? undefined
      : 'The connection is lost; this shows an old state.'
  const kill = () =>
    confirm({
      title: job === undefined ? 'Restart this instance?' : 'Kill the running tasks of this job?',
      text:
        job === undefined
          ? `Marathon kills ${task.id} and starts a replacement.`
          : `Chronos kills every running task of ${job}. The schedule goes on.`,
      action: job === undefined ? 'Restart instance' : 'Kill',
      onConfirm: () =>
        run({
          done: 'Kill requested',
          failed: 'The task was not killed',
          action: () => (job === undefined ? killTasks([task.id], { scale: false }) : killJob(job)),
        }),
    })
  return (
    <>
      <ActionButton reason={ended} loading={busy} variant="default" onClick={kill}>
        {job === undefined ? 'Restart instance' : 'Kill run'}
      </ActionButton>
      {dialog}
    </>
  )
}

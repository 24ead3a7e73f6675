import { Button, Menu, Modal, NumberInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { deleteApp, resetDelay, restartApp, scaleApp } from '../../api/marathon.ts'
import { paths } from '../../paths.ts'
import { ActionButton } from '../../ui/ActionButton.tsx'
import { useConfirm } from '../../ui/Confirm.tsx'
import type { Question } from '../../ui/Confirm.tsx'
import { MoreActions, ReasonedItem } from '../../ui/MoreActions.tsx'
import { plural } from '../../ui/text/format.ts'
import { useAction } from '../live/actions.tsx'
import { useIsLive, useLive } from '../live/hooks.ts'
import { forbidden } from './capabilities.ts'
import type { ServiceAction } from './capabilities.ts'
import type { ServiceView } from './service-view.ts'

/** The actions of a service: three in sight, the rest in the menu, forbidden ones with the reason. */
export function ServiceActions({ view }: { view: ServiceView }) {
  const isLive = useIsLive('services')
  const [isScaling, setScaling] = useState(false)
  const { confirm, dialog } = useConfirm()
  const actions = useServiceActions(view, confirm)
  const reason = (action: ServiceAction) => forbidden(action, view, { isLive })
  const editReason = reason('edit')
  return (
    <>
      <ActionButton variant="default" reason={reason('scale')} onClick={() => setScaling(true)}>
        Scale
      </ActionButton>
      <ActionButton variant="default" reason={reason('restart')} onClick={actions.restart}>
        Restart
      </ActionButton>
      {editReason === undefined ? (
        <Button component={Link} to={paths.serviceEdit(view.id)}>
          Edit
        </Button>
      ) : (
        <ActionButton reason={editReason} onClick={() => undefined}>
          Edit
        </ActionButton>
      )}
      <MoreActions>
        {view.app.instances > 0 ? (
          <ReasonedItem label="Stop" reason={reason('stop')} onClick={actions.stop} />
        ) : (
          <ReasonedItem label="Resume" reason={reason('resume')} onClick={() => setScaling(true)} />
        )}
        <ReasonedItem label="Try to launch now" reason={reason('resetDelay')} onClick={actions.resetDelay} />
        <Menu.Divider />
        <ReasonedItem label="Delete…" color="red" reason={reason('delete')} onClick={actions.delete} />
      </MoreActions>
      {isScaling && <ScaleDialog view={view} onClose={() => setScaling(false)} onScale={actions.scale} />}
      {dialog}
    </>
  )
}

function useServiceActions(view: ServiceView, confirm: (question: Question) => void) {
  const { run } = useAction()
  const live = useLive()
  const navigate = useNavigate()
  const after = () => live.serviceChanged(view.id)
  const { id, app } = view
  return {
    scale: (instances: number) =>
      run({
        done: `${id} is scaled to ${instances}`,
        failed: `${id} was not scaled`,
        action: () => scaleApp(id, instances),
        after,
      }),
    restart: () =>
      confirm({
        title: `Restart ${id}?`,
        text: `Replaces ${plural(app.instances, 'instance')}, ${keepsHealthy(view)}.`,
        action: 'Restart',
        onConfirm: () =>
          run({ done: `${id} restarts`, failed: `${id} was not restarted`, action: () => restartApp(id), after }),
      }),
    stop: () =>
      confirm({
        title: `Stop ${id}?`,
        text: `Stops ${plural(app.tasksRunning, 'instance')}. The configuration stays, and Resume starts it again.`,
        action: 'Stop',
        onConfirm: () =>
          run({ done: `${id} stops`, failed: `${id} was not stopped`, action: () => scaleApp(id, 0), after }),
      }),
    resetDelay: () =>
      run({ done: `${id} is tried again now`, failed: 'The delay was not reset', action: () => resetDelay(id), after }),
    delete: () =>
      confirm({
        title: `Delete ${id}?`,
        text: `${plural(app.tasksRunning, 'running instance')}, the configuration and all old versions are lost.`,
        action: 'Delete',
        typeName: id,
        isDangerous: true,
        onConfirm: () =>
          run({
            done: `${id} is being deleted`,
            failed: `${id} was not deleted`,
            action: () => deleteApp(id),
            after: () => {
              after()
              void navigate(paths.serviceGroup(view.group))
            },
          }),
      }),
  }
}

function keepsHealthy(view: ServiceView): string {
  const kept = Math.ceil(view.app.instances * (view.app.upgradeStrategy?.minimumHealthCapacity ?? 1))
  return kept === 0 ? 'all of them may be down at once' : `at least ${kept} ${kept === 1 ? 'stays' : 'stay'} up`
}

function ScaleDialog({
  view,
  onClose,
  onScale,
}: {
  view: ServiceView
  onClose: () => void
  onScale: (instances: number) => void
}) {
  const [instances, setInstances] = useState(Math.max(1, view.app.instances))
  return (
    <Modal opened onClose={onClose} title={`Scale ${view.id}`} size="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onClose()
          onScale(instances)
        }}
        style={{ display: 'grid', gap: 14 }}
      >
        <NumberInput
          data-autofocus
          label="Instances"
          description={`${view.app.instances} now`}
          min={0}
          max={100_000}
          allowDecimal={false}
          value={instances}
          onChange={(value) => setInstances(typeof value === 'number' ? value : 0)}
        />
        <Button type="submit">Scale to {instances}</Button>
      </form>
    </Modal>
  )
}

import { Button } from '@mantine/core'
import { Link } from 'react-router'
import type { Deployment } from '../../../api/schemas/marathon.ts'
import { cancelDeployment } from '../../../api/marathon.ts'
import { paths } from '../../../paths.ts'
import { ActionButton } from '../../../ui/ActionButton.tsx'
import { useConfirm } from '../../../ui/Confirm.tsx'
import { Id } from '../../../ui/Copy.tsx'
import { momentOf } from '../../../ui/text/format.ts'
import { Empty, Panel } from '../../../ui/Panel.tsx'
import { StatusMark } from '../../../ui/StatusMark.tsx'
import type { Status } from '../../../ui/status.ts'
import { Time } from '../../../ui/text/Time.tsx'
import { useAction } from '../../live/actions.tsx'
import { useIsLive, useLive } from '../../live/hooks.ts'

const actionWords: Record<string, string> = {
  StartApplication: 'Start',
  StopApplication: 'Stop',
  ScaleApplication: 'Scale',
  RestartApplication: 'Replace the instances of',
  StartPod: 'Start',
  StopPod: 'Stop',
  ScalePod: 'Scale',
  RestartPod: 'Replace the instances of',
}

/** Running deployments, each with its steps and the way back. */
export function DeploymentList({ deployments }: { deployments: readonly Deployment[] }) {
  if (deployments.length === 0)
    return (
      <Empty title="No deployment is running">
        Changes of services appear here step by step while they are carried out.
      </Empty>
    )
  return (
    <div className="stack">
      {deployments.map((deployment) => (
        <DeploymentPanel key={deployment.id} deployment={deployment} />
      ))}
    </div>
  )
}

function DeploymentPanel({ deployment }: { deployment: Deployment }) {
  return (
    <Panel
      title={
        <span className="status">
          <StatusMark status="working" />
          Step {deployment.currentStep} of {deployment.totalSteps}
          <span className="dim">
            started <Time at={momentOf(deployment.version)} />
          </span>
        </span>
      }
      actions={<CancelActions deployment={deployment} />}
    >
      <div className="stack">
        <Id value={deployment.id} max={40} />
        <ol style={{ listStyle: 'none', padding: 0, margin: 0 }}>
          {deployment.steps.map((step, index) => (
            <li className="deploy-step" key={index}>
              <StatusMark
                status={stepStatus(index + 1, deployment.currentStep)}
                label={stepWords[stepStatus(index + 1, deployment.currentStep)] ?? ''}
              />
              <span>
                {step.actions.map((action, at) => (
                  <div key={at}>
                    {actionWords[action.action] ?? action.action}{' '}
                    <Link className="link" to={paths.service(action.app ?? action.pod ?? '/')}>
                      {action.app ?? action.pod}
                    </Link>
                  </div>
                ))}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  )
}

const stepStatus = (step: number, current: number): Status =>
  step < current ? 'healthy' : step === current ? 'working' : 'stopped'
const stepWords: Partial<Record<Status, string>> = { healthy: 'done', working: 'running', stopped: 'to do' }

function CancelActions({ deployment }: { deployment: Deployment }) {
  const { confirm, dialog } = useConfirm()
  const { run } = useAction()
  const live = useLive()
  const reason = useIsLive('services') ? undefined : 'The connection to Marathon is lost.'
  const cancel = (force: boolean) =>
    run({
      done: force ? 'The deployment is cancelled' : 'The deployment is being rolled back',
      failed: 'The deployment was not cancelled',
      action: () => cancelDeployment(deployment.id, { force }),
      after: () => deployment.affectedApps.forEach((id) => live.serviceChanged(id)),
    })
  const ask = (force: boolean) =>
    confirm({
      title: force ? 'Cancel this deployment?' : 'Roll this deployment back?',
      text: force
        ? 'It stops where it is: old and new instances may stay side by side.'
        : `A new deployment restores ${deployment.affectedApps.join(', ')} as before.`,
      action: force ? 'Cancel deployment' : 'Roll back',
      isDangerous: force,
      onConfirm: () => cancel(force),
    })
  return (
    <>
      <ActionButton variant="default" reason={reason} onClick={() => ask(false)}>
        Roll back
      </ActionButton>
      <Button variant="subtle" color="gray" disabled={reason !== undefined} onClick={() => ask(true)}>
        Cancel
      </Button>
      {dialog}
    </>
  )
}

import { encodeAction, encodeSteps } from '../deployment/index.ts'
import type { Deployment } from '../deployment/index.ts'
import type { MarathonState } from '../state/index.ts'
import { readinessResults } from './app-view.ts'

/** The running deployments. */
export function deploymentsView(state: MarathonState) {
  return [...state.deployments.values()].map((deployment) => deploymentView(state, deployment))
}

export function deploymentView(state: MarathonState, deployment: Deployment) {
  const actions = deployment.steps[deployment.step] ?? []
  return {
    id: deployment.id,
    version: deployment.version,
    affectedApps: [...deployment.affected],
    affectedPods: [],
    steps: encodeSteps(deployment.steps),
    currentActions: actions.map((action) => {
      const app = state.root.apps.get(action.app)
      return { ...encodeAction(action), readinessCheckResults: app === undefined ? [] : readinessResults(state, app) }
    }),
    currentStep: deployment.step + 1,
    totalSteps: deployment.steps.length,
  }
}

/** A deployment: how the cluster gets from one root to the next, step by step. */
import { z } from 'zod'
import { appSchema } from '../app/index.ts'

const actionTypes = ['StartApplication', 'StopApplication', 'ScaleApplication', 'RestartApplication'] as const

const actionSchema = z.object({
  type: z.enum(actionTypes),
  app: z.string(),
  /** Instances that a kill-and-scale request named. */
  kill: z.array(z.string()).optional(),
})
export type Action = z.infer<typeof actionSchema>

const changeSchema = z.object({ id: z.string(), before: appSchema.optional(), after: appSchema.optional() })
export type AppChange = z.infer<typeof changeSchema>

/** The stored form. `step` is the index of the step that runs. */
export const deploymentSchema = z.object({
  id: z.string(),
  version: z.string(),
  steps: z.array(z.array(actionSchema)),
  step: z.number(),
  changes: z.array(changeSchema),
  createdGroups: z.array(z.string()),
})
export type StoredDeployment = z.infer<typeof deploymentSchema>

/**
 * `done` holds the apps whose action of the current step has ended; it is found anew after a restart.
 * `affected` holds every app that appears in a step: those are locked while the deployment runs.
 */
export type Deployment = StoredDeployment & { readonly done: Set<string>; readonly affected: ReadonlySet<string> }

export function runningDeployment(record: StoredDeployment): Deployment {
  const affected = new Set(record.steps.flatMap((step) => step.map((action) => action.app)))
  return { ...record, done: new Set(), affected }
}

/** The plan as events and `/v2/deployments` show it. */
export function encodeSteps(steps: readonly (readonly Action[])[]) {
  return steps.map((actions) => ({ actions: actions.map(encodeAction) }))
}

export function encodeAction(action: Action) {
  return { action: action.type, app: action.app }
}

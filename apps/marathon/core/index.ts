export { encodeApp } from './app/index.ts'
export type { App } from './app/index.ts'
export type { MarathonConfig } from './config.ts'
export { appsWithin, servicePorts } from './group/index.ts'
export type { RootGroup } from './group/index.ts'
export { isWithin, resolvePath } from './ids/index.ts'
export { placementOf } from './instance/index.ts'
export type { Instance, Placed } from './instance/index.ts'
export { frameworkInfo } from './launch/index.ts'
export type {
  ApiResponse,
  Audit,
  Command,
  Effect,
  Input,
  KillOptions,
  MarathonEvent,
  Probe,
  ProbeOutcome,
} from './messages.ts'
export { recoverState } from './recover.ts'
export { createState, storePrefix } from './state/index.ts'
export type { MarathonState } from './state/index.ts'
export { step } from './step.ts'
export { formatTimestamp, parseTimestamp } from './text/index.ts'
export {
  allTasks,
  appViewAt,
  countsOf,
  deploymentDetail,
  deploymentsView,
  groupView,
  parseAppEmbeds,
  parseGroupParts,
  parseLabelSelector,
  queueView,
  tasksOf,
} from './view/index.ts'
export type { AppEmbeds } from './view/index.ts'

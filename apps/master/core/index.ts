export { createMaster } from './create-master.ts'
export type { MasterSeed } from './create-master.ts'
export type { DurableChange, Effect, Input, Note, Reply } from './effects.ts'
export type {
  AgentRecord,
  GoneAgent,
  LinkId,
  Machine,
  Master,
  MasterConfig,
  RequestId,
  StreamId,
  UnreachableAgent,
} from './model.ts'
export { emptyRegistry, registryKeys, registryVersion, restore } from './registry.ts'
export type { Registry } from './registry.ts'
export { step } from './step.ts'
export { operatorCallProblem, schedulerCallProblem } from './validation/call.ts'
export {
  flagsObject,
  frameworksView,
  maintenanceStatusView,
  quotaView,
  rolesView,
  scheduleView,
  slavesView,
  stateView,
  tasksView,
  versionView,
  weightsView,
} from './views/classic.ts'
export type { ProcessView, TaskQuery } from './views/classic.ts'
export { stateSummaryView } from './views/classic-summary.ts'
export { metricsObject, metricsView } from './views/metrics.ts'
export { v1Views } from './views/v1.ts'

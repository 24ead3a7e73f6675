export { everything, Sight } from './access/sight.ts'
export { createMaster } from './create-master.ts'
export type { MasterSeed } from './create-master.ts'
export type { Driver, DurableChange, Effect, Input, Note, Reply } from './effects.ts'
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
export { rateLimitsSchema, readRateLimits } from './rate-limits/form.ts'
export { emptyRegistry, registryKeys, registryVersion, restore } from './registry.ts'
export type { Registry } from './registry.ts'
export { step } from './step.ts'
export { operatorCallProblem, schedulerCallProblem } from './validation/call.ts'
export { refreshAgents } from './answers/snapshot.ts'
export { frameworksAnswer, slavesAnswer, stateAnswer } from './answers/classic.ts'
export type { Rendering } from './answers/parts.ts'
export { ageEncodings } from './books/page-form.ts'
export { stateSummaryAnswer } from './answers/summary.ts'
export { tasksAnswer } from './answers/tasks.ts'
export type { TaskQuery } from './answers/tasks.ts'
export { isLargeCall, largeAnswer, subscribedEvent } from './answers/v1.ts'
export type { LargeCall, SubscribedSnapshot } from './answers/v1.ts'
export {
  flagsObject,
  maintenanceStatusView,
  quotaView,
  rolesView,
  scheduleView,
  versionView,
  weightsView,
} from './views/classic.ts'
export type { ProcessView } from './views/classic.ts'
export { getMetricsAnswer, metricsAnswer, metricsView } from './answers/metrics.ts'
export { registryAnswer } from './operator/registry-answer.ts'
export { offerConstraintsAnswer } from './answers/offer-constraints.ts'
export { v1Views } from './views/v1.ts'

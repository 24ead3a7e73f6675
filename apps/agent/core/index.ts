export { may, maySeeSandboxes } from './access/access.ts'
export type { Access, Asker, ExecutorClaims } from './access/access.ts'
export { mayCall } from './access/operator-access.ts'
export { CAPABILITIES } from './registration.ts'
export { step } from './step.ts'
export { recoverState } from './checkpoint/recovery.ts'
export type { Recovery } from './checkpoint/recovery.ts'
export type { ContainerToRecover } from './checkpoint/read-entries.ts'
export { CheckpointInvalid } from './checkpoint/stored.ts'
export type { AgentConfig, AgentState } from './state.ts'
export type {
  AgentEffect,
  CheckAttempt,
  CommandPlan,
  DockerPlan,
  ExecutorReply,
  IoPlan,
  LaunchPlan,
  LimitsPlan,
  MountPlan,
} from './effects.ts'
export { executorOf, findContainer } from './operator-containers/index.ts'
export type { FoundContainer, OperatorContainer, OperatorReply, TaskContainer } from './operator-containers/index.ts'
export type { AgentInput, CheckResult, ContainerEnd, Driver, Launched, RecoveredContainer } from './inputs.ts'
export { durationText } from './ids.ts'
export { containersView } from './views/containers-view.ts'
export type { ContainerView } from './views/containers-view.ts'
export { metricsView } from './views/metrics-view.ts'
export { getAgent, getExecutors, getFrameworks, getOperations, getTasks } from './views/operator-view.ts'
export { stateView } from './views/state-view.ts'

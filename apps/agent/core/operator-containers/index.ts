export { onOperatorCall, onOperatorGone, onSessionClosed } from './calls.ts'
export {
  answerWaits,
  destroyAll,
  endOrphans,
  onOperatorEnded,
  onOperatorLaunchFailed,
  resumeOperatorContainers,
} from './ends.ts'
export type { WaitType } from './ends.ts'
export { onOperatorLaunched } from './launch.ts'
export { findOperatorContainer, rootOf } from './operator-container.ts'
export type { OperatorContainer, OperatorReply } from './operator-container.ts'
export { executorOf, findContainer } from './places.ts'
export type { FoundContainer, TaskContainer } from './places.ts'
export { readOperatorContainers } from './stored-containers.ts'

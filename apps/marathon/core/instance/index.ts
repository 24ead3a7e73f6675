export {
  countsForScale,
  instanceSchema,
  isPlaced,
  isRunning,
  isUnreachable,
  newInstance,
  placementOf,
} from './instance.ts'
export type { Agent, Condition, Instance, Placed, PlacedCondition } from './instance.ts'
export { Instances } from './instances.ts'
export { compareForKill, selectForKill } from './kill-order.ts'
export { causesBackoff, conditionOf, isFailure, isTerminal, taskStateOf } from './mesos-state.ts'

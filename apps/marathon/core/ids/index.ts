export {
  hostNameForm,
  idPattern,
  isWithin,
  isWithinOrEqual,
  parentOf,
  pathIdErrors,
  resolvePath,
  safeId,
  segmentsOf,
} from './path-id.ts'
export { appIdOfTask, newInstanceId, parseTaskId, taskIdOf } from './task-id.ts'
export type { ParsedTaskId } from './task-id.ts'

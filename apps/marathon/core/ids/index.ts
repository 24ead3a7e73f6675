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
export { newInstanceId, parseTaskId, taskIdOf } from './task-id.ts'

export { attachToTask, runInTask } from './run.ts'
export type { ExecOptions } from './run.ts'

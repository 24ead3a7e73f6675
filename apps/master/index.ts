/** A master as a part of another process: tests of whole clusters. */
export { configOf } from './config.ts'
export { startMaster } from './start-master.ts'

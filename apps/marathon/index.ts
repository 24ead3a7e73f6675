/** A Marathon as a part of another process: tests of whole clusters. */
export { configOf } from './config.ts'
export { startMarathon } from './marathon.ts'

/** A Chronos as a part of another process: tests of whole clusters. */
export { configOf } from './config.ts'
export { startChronos } from './start-chronos.ts'

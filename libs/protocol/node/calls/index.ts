/** Calls of one subscription on one kept connection. */
export { CallLine } from './call-line.ts'

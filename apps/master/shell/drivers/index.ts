/** Schedulers that speak by libprocess messages (v0). */
export { Drivers } from './drivers.ts'
export type { DriversOptions } from './drivers.ts'

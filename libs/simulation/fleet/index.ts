/** Simulated agents over real connections, for benchmarks. */
export { parseFleetFlags } from './config.ts'
export type { Config as FleetConfig } from './config.ts'
export { runFleet } from './run-fleet.ts'
export type { FleetFigures, FleetRunOptions } from './run-fleet.ts'

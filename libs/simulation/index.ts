export * from './checkers/index.ts'
export * from './cluster/index.ts'
export * from './fleet/index.ts'

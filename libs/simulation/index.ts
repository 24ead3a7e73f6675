export * from './checkers/index.ts'
export * from './cluster/index.ts'

export * from './capacity.ts'
export * from './schedule.ts'
export * from './tasks.ts'
export * from './writes.ts'

export * from './allocator/index.ts'
export * from './matching/index.ts'
export * from './resources/index.ts'

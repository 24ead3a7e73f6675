export type * from './containerizer.ts'

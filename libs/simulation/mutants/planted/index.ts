export type { Mutant } from './mutant.ts'
export { mutants } from './mutants.ts'

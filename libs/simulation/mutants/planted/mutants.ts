/** All planted bugs. */
import { agentMutants } from './agent-mutants.ts'
import { allocatorMutants } from './allocator-mutants.ts'
import { chronosMutants } from './chronos-mutants.ts'
import { executorMutants } from './executor-mutants.ts'
import { loopMutants } from './loop-mutants.ts'
import { marathonMutants } from './marathon-mutants.ts'
import { masterMutants } from './master-mutants.ts'
import type { Mutant } from './mutant.ts'
import { revocableMutants } from './revocable-mutants.ts'
import { statefulMutants } from './stateful-mutants.ts'

export const mutants: readonly Mutant[] = [
  ...loopMutants,
  ...allocatorMutants,
  ...masterMutants,
  ...agentMutants,
  ...executorMutants,
  ...statefulMutants,
  ...revocableMutants,
  ...marathonMutants,
  ...chronosMutants,
]

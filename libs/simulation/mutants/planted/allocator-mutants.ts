import type { Mutant } from './mutant.ts'

const allocator = 'libs/offer-engine/allocator'

export const allocatorMutants: readonly Mutant[] = [
  {
    name: 'taken-resources-subtracted-twice',
    file: `${allocator}/agents/agent-state.ts`,
    find: 'this.taken = this.taken.subtract(allocated.nonShared().unallocated())',
    replace: [
      'this.taken = this.taken.subtract(allocated.nonShared().unallocated())',
      '      .subtract(allocated.nonShared().unallocated())',
    ].join('\n'),
    breaks: ['resources-conserved', 'offers-do-not-overlap'],
  },
  {
    name: 'granted-resources-still-free',
    file: `${allocator}/agents/agent-state.ts`,
    find: 'this.taken = this.taken.add(allocated.nonShared().unallocated())',
    replace: 'void allocated.nonShared()',
    breaks: ['resources-conserved', 'offers-do-not-overlap'],
  },
  {
    name: 'decline-filter-lost',
    file: `${allocator}/run.ts`,
    find: 'if (!filters?.some((filter) => filter.refused.contains(offer))) return false',
    replace: 'if (filters !== undefined || offer.isEmpty()) return false',
    breaks: ['declined-offers-stay-away'],
  },
  {
    name: 'suppressed-role-is-offered',
    file: `${allocator}/allocator.ts`,
    find: '      framework.suppressed.add(role)\n      this.refreshClient(framework, role)',
    replace: '      this.refreshClient(framework, role)',
    breaks: ['suppressed-roles-get-no-offers'],
  },
  {
    name: 'used-resources-forgotten-on-return',
    file: `${allocator}/allocator.ts`,
    find: 'for (const [frameworkId, resources] of spec.used ?? []) this.addAllocation(frameworkId, spec.id, resources)',
    replace: 'void spec.used',
    breaks: ['resources-conserved', 'offers-do-not-overlap'],
  },
  {
    name: 'grants-told-at-the-end-of-the-run',
    file: `${allocator}/runs.ts`,
    find: 'for (const allocation of run.takeGrants()) granted.push(allocation)',
    replace: 'if (run.isDone) for (const allocation of run.takeGrants()) granted.push(allocation)',
    breaks: ['resources-conserved'],
  },
  {
    name: 'limit-ignores-what-is-used',
    file: `${allocator}/quota/quota-books.ts`,
    find: 'const left = Math.max(0, limit - (reserved[i] ?? 0) - (consumed[i] ?? 0))',
    replace: 'const left = Math.max(0, limit)',
    breaks: ['limits-hold'],
  },
]

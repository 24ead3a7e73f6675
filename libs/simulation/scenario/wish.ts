/** What a framework wants to do with the next offer that allows it. */
export type Wish = {
  /** The operations carry ids, so that the framework is told what became of them. */
  readonly isNamed: boolean
} & (
  | { readonly type: 'reserve'; readonly cpus: number }
  /** Everything of one kind that is reserved in the offer and no volume. */
  | { readonly type: 'unreserve' }
  /** Reserves the disk as well; a task uses the volume at once if there is a command. */
  | { readonly type: 'create'; readonly id: string; readonly mib: number; readonly command?: string }
  | { readonly type: 'use'; readonly command: string }
  | { readonly type: 'grow' | 'shrink'; readonly mib: number }
  | { readonly type: 'destroy'; readonly isUnreserved: boolean }
)

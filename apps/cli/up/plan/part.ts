/** A process of a cluster on one machine. */

export const partKinds = ['etcd', 'master', 'agent', 'marathon', 'chronos', 'gateway'] as const
export type PartKind = (typeof partKinds)[number]

/** One of our servers, with flags of Node itself, or a program of the system. */
export type Program = { readonly script: string; readonly nodeFlags?: readonly string[] } | { readonly program: string }

export type Part = {
  readonly name: string
  readonly kind: PartKind
  readonly run: Program
  readonly flags: readonly string[]
  readonly url: string
  /** What it listens on. */
  readonly ip: string
  readonly port: number
  /** Further ports of it. */
  readonly morePorts?: readonly number[]
  /** Answers 200 when the part is ready. */
  readonly healthPath: string
}

/** Frameworks first, so that nothing is replaced or rescheduled; what keeps the state last. */
export const stopOrder: readonly (readonly PartKind[])[] = [
  ['marathon', 'chronos', 'gateway'],
  ['agent'],
  ['master'],
  ['etcd'],
]

/** `master` when it is the only one, else `master-1`, `master-2` … */
export const nameOf = (kind: PartKind, of: { readonly index: number; readonly count: number }): string =>
  of.count === 1 && kind !== 'agent' ? kind : `${kind}-${of.index + 1}`

export const flag = (name: string, value: string | number): string => `--${name}=${value}`

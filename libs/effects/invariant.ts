/** A promise of our own code was broken. The process logs it and exits; its supervisor restarts it. */
export class BrokenInvariant extends Error {
  readonly context: Readonly<Record<string, unknown>>
  constructor(message: string, context: Readonly<Record<string, unknown>>) {
    super(message)
    this.name = 'BrokenInvariant'
    this.context = context
  }
}

/** Throws BrokenInvariant unless `condition` holds. Stays on in production. */
export function invariant(
  condition: unknown,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new BrokenInvariant(message, context)
}

/** Ends a `switch` over a union: a member without a case does not compile. */
export function assertNever(value: never): never {
  throw new BrokenInvariant('unexpected variant', { value })
}

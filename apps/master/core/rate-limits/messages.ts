/** Calls of frameworks by principal: those that came, and those that had their turn. */
export class MessageCounts {
  readonly #counts = new Map<string, { received: number; processed: number }>()

  received(principal: string | undefined): void {
    if (principal === undefined) return
    const known = this.#counts.get(principal)
    if (known) known.received++
    else this.#counts.set(principal, { received: 1, processed: 0 })
  }

  processed(principal: string | undefined): void {
    const known = principal === undefined ? undefined : this.#counts.get(principal)
    // A call may have been the last of its framework.
    if (known) known.processed++
  }

  get(principal: string): { readonly received: number; readonly processed: number } {
    return this.#counts.get(principal) ?? { received: 0, processed: 0 }
  }

  /** No framework has the principal any more. */
  forget(principal: string): void {
    this.#counts.delete(principal)
  }
}

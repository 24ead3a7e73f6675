/** A failure that is told to the user in one sentence: what, why, and the way out. */
export class CliError extends Error {
  readonly exitCode: number
  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? 1
  }
}

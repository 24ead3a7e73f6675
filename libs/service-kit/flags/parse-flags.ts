import type { ConfigOf, Flag, Flags } from './flags.ts'
import { helpText } from './help.ts'
import { readFlags } from './read-flags.ts'
import { formatBytes, formatDuration } from './values.ts'

/** Exit status for a command line that cannot be used. */
export const EXIT_USAGE = 2

/** What parseFlags needs of the process; given by config.ts alone. */
export type FlagSurroundings<F extends Flags> = {
  /** Without the program's name: `process.argv.slice(2)`. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly envPrefix?: string
  readonly program: string
  readonly version: string
  /** A sentence for the head of `--help`. */
  readonly about?: string
  /** Relations between flags; each returned sentence is a problem. */
  readonly check?: (config: ConfigOf<F>) => readonly string[]
}

/**
 * The frozen configuration. `--help` and `--version` print and exit 0; problems are all printed, then exit 2.
 * @example const config = parseFlags(flags, { argv: process.argv.slice(2), env: process.env, program, version })
 */
export function parseFlags<F extends Flags>(flags: F, from: FlagSurroundings<F>): ConfigOf<F> {
  const result = readFlags(flags, from, from.check)
  switch (result.kind) {
    case 'config':
      return result.config
    case 'help':
      return leave({ text: helpText(flags, from), status: 0 })
    case 'version':
      return leave({ text: `${from.program} ${from.version}\n`, status: 0 })
    case 'problems':
      return leave({ text: problemsText(from.program, result.problems), status: EXIT_USAGE })
  }
}

/** `master: 2 problems with the flags`, one line each, and where to find help. */
export function problemsText(program: string, problems: readonly string[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  const lines = problems.map((problem) => `  ${problem}\n`).join('')
  return `${program}: ${count} with the flags\n${lines}See ${program} --help\n`
}

function leave(how: { text: string; status: number }): never {
  const stream = how.status === 0 ? process.stdout : process.stderr
  stream.write(how.text)
  process.exit(how.status)
}

/** Every flag with a value as Mesos' `/flags` writes it: `15secs`, `32MB`, `true`. Secrets are left out. */
export function flagStrings<F extends Flags>(flags: F, config: ConfigOf<F>): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, flag] of Object.entries(flags)) {
    const value: unknown = config[name]
    if (value !== undefined && flag.secret !== true) texts[name] = flagText(flag, value)
  }
  return texts
}

function flagText(flag: Flag, value: unknown): string {
  if (flag.type === 'duration' && typeof value === 'number') return formatDuration(value)
  if (flag.type === 'bytes' && typeof value === 'number') return formatBytes(value)
  if (flag.type === 'list' && Array.isArray(value)) return value.join(',')
  return flag.type === 'json' ? JSON.stringify(value) : String(value)
}

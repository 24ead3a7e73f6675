/**
 * Where each value comes from: command line, else environment, else the file of `--config`, else the default.
 * Every problem is collected; nothing is decided by the first one.
 */
import { readFileSync } from 'node:fs'
import { errorMessage } from '@thermosphere/effects'
import { StartupError } from '../lifecycle/startup-error.ts'
import type { ConfigOf, Flag, Flags } from './flags.ts'
import { defaultValue } from './flags.ts'
import type { ParsedValue } from './parse-value.ts'
import { parseFlagFileValue, parseFlagText } from './parse-value.ts'
import { suggest } from './suggest.ts'

export type FlagSources = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** `MESOS_` makes MESOS_WORK_DIR the environment's name of work_dir. */
  readonly envPrefix?: string
}

export type FlagsResult<F extends Flags> =
  | { readonly kind: 'config'; readonly config: ConfigOf<F> }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

type Given = { readonly name: string; readonly spelled: string; readonly text: string }
type CommandLine = { given: Map<string, Given>; problems: string[]; help: boolean; version: boolean; file?: string }

/** Reads all flags without side effects other than reading the files they name. */
export function readFlags<F extends Flags>(
  flags: F,
  sources: FlagSources,
  check?: (config: ConfigOf<F>) => readonly string[],
): FlagsResult<F> {
  const line = readCommandLine(flags, sources.argv)
  if (line.help) return { kind: 'help' }
  if (line.version) return { kind: 'version' }
  const problems = line.problems
  const file = line.file === undefined ? new Map<string, unknown>() : readFile(flags, line.file, problems)
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(flags)) {
    values[name] = readOne({ name, flag, line, file, sources, problems })
  }
  // All values were parsed by the rules of `flags`; a value with a problem is never handed out.
  const config = deepFreeze(values) as ConfigOf<F>
  if (problems.length === 0 && check !== undefined) problems.push(...check(config))
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config }
}

/** The configuration of a server that is part of another process. Throws StartupError with every problem. */
export function requireFlags<F extends Flags>(
  flags: F,
  from: { readonly argv: readonly string[]; readonly check?: (config: ConfigOf<F>) => readonly string[] },
): ConfigOf<F> {
  const result = readFlags(flags, { argv: from.argv, env: {} }, from.check)
  if (result.kind === 'config') return result.config
  throw new StartupError(result.kind === 'problems' ? result.problems.join('\n') : `--${result.kind} starts nothing`)
}

function readOne(from: {
  name: string
  flag: Flag
  line: CommandLine
  file: ReadonlyMap<string, unknown>
  sources: FlagSources
  problems: string[]
}): unknown {
  const { name, flag, line, file, sources, problems } = from
  const accept = (where: string, text: unknown, parsed: ParsedValue): unknown => {
    if (parsed.ok) return parsed.value
    const shown = flag.secret === true ? '<secret>' : JSON.stringify(text)
    // JSON problems name the member that is wrong; the whole text would only hide it.
    problems.push(`${where}: ${parsed.problem}${flag.type === 'json' ? '' : `, not ${shown}`}`)
    return undefined
  }
  const given = line.given.get(name)
  if (given !== undefined) return accept(given.spelled, given.text, parseFlagText(flag, given.text))
  const variable = environmentName(name, sources.envPrefix)
  const text = variable === undefined ? undefined : sources.env[variable]
  if (text !== undefined && text !== '') return accept(`${variable} (environment)`, text, parseFlagText(flag, text))
  if (file.has(name)) {
    const value = file.get(name)
    return accept(`${name} (${line.file})`, value, parseFlagFileValue(flag, value))
  }
  if (flag.required === true && flag.default === undefined) {
    problems.push(`--${name} is required${variable === undefined ? '' : ` (or ${variable} in the environment)`}`)
  }
  return defaultValue(flag)
}

/** The environment variable of a flag, undefined when the program takes none. */
export function environmentName(name: string, prefix: string | undefined): string | undefined {
  return prefix === undefined ? undefined : prefix + name.toUpperCase().replaceAll('-', '_')
}

function readCommandLine(flags: Flags, argv: readonly string[]): CommandLine {
  const line: CommandLine = { given: new Map(), problems: [], help: false, version: false }
  const names = nameIndex(flags)
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (!word.startsWith('--') || word === '--') {
      if (word === '-h') line.help = true
      else line.problems.push(`unexpected argument ${JSON.stringify(word)}; flags are written --name=value`)
      continue
    }
    const equals = word.indexOf('=')
    const spelled = equals < 0 ? word : word.slice(0, equals)
    const inline = equals < 0 ? undefined : word.slice(equals + 1)
    if (takeBuiltIn(line, spelled)) continue
    const used = takeFlag({ flags, names, line, spelled, inline, next: argv[i + 1] })
    i += used
  }
  return line
}

function takeBuiltIn(line: CommandLine, spelled: string): boolean {
  if (spelled === '--help') line.help = true
  else if (spelled === '--version') line.version = true
  else return false
  return true
}

/** Takes one flag and says how many further words it used. */
function takeFlag(from: {
  flags: Flags
  names: ReadonlyMap<string, string>
  line: CommandLine
  spelled: string
  inline: string | undefined
  next: string | undefined
}): 0 | 1 {
  const { flags, names, line, spelled, inline, next } = from
  const written = spelled.slice(2)
  if (written === 'config' && !names.has('config')) {
    const path = inline ?? next
    if (path === undefined) line.problems.push('--config needs the path of a JSON file')
    else line.file = path
    return inline === undefined && path !== undefined ? 1 : 0
  }
  const negated = negatedName(flags, names, written)
  const name = names.get(written) ?? negated
  const flag = name === undefined ? undefined : flags[name]
  if (name === undefined || flag === undefined) {
    line.problems.push(`unknown flag ${spelled}${suggest(written, [...names.keys()])}`)
    return inline === undefined && next !== undefined && !next.startsWith('--') ? 1 : 0
  }
  if (line.given.has(name)) line.problems.push(`${spelled} is given more than once`)
  if (negated !== undefined && names.get(written) === undefined) {
    if (inline !== undefined) line.problems.push(`${spelled} takes no value`)
    line.given.set(name, { name, spelled, text: 'false' })
    return 0
  }
  return takeValue({ line, name, flag, spelled, inline, next })
}

function takeValue(from: {
  line: CommandLine
  name: string
  flag: Flag
  spelled: string
  inline: string | undefined
  next: string | undefined
}): 0 | 1 {
  const { line, name, flag, spelled, inline, next } = from
  if (inline !== undefined) {
    line.given.set(name, { name, spelled, text: inline })
    return 0
  }
  if (flag.type === 'boolean') {
    const hasWord = next === 'true' || next === 'false'
    line.given.set(name, { name, spelled, text: hasWord ? next : 'true' })
    return hasWord ? 1 : 0
  }
  if (next === undefined || next.startsWith('--')) {
    line.problems.push(`${spelled} needs a value, as in ${spelled}=...`)
    return 0
  }
  line.given.set(name, { name, spelled, text: next })
  return 1
}

/** `no-x` (Mesos) and `disable_x` (Marathon) switch the boolean flag x off. */
function negatedName(flags: Flags, names: ReadonlyMap<string, string>, written: string): string | undefined {
  const match = /^(?:no-|disable_)(.+)$/.exec(written)
  const name = match === null ? undefined : names.get(match[1] ?? '')
  return name !== undefined && flags[name]?.type === 'boolean' ? name : undefined
}

function nameIndex(flags: Flags): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, flag] of Object.entries(flags)) {
    names.set(name, name)
    for (const alias of flag.aliases ?? []) names.set(alias, name)
  }
  return names
}

function readFile(flags: Flags, path: string, problems: string[]): Map<string, unknown> {
  const values = new Map<string, unknown>()
  const names = nameIndex(flags)
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    problems.push(`--config: cannot read ${path}: ${errorMessage(error)}`)
    return values
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    problems.push(`--config: ${path} must hold one JSON object of flag names and values`)
    return values
  }
  for (const [written, value] of Object.entries(json)) {
    const name = names.get(written)
    if (name === undefined) problems.push(`unknown flag ${written} in ${path}${suggest(written, [...names.keys()])}`)
    else values.set(name, value)
  }
  return values
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}

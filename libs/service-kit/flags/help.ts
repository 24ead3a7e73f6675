import type { Flag, Flags } from './flags.ts'
import { rangeText } from './parse-value.ts'
import { environmentName } from './read-flags.ts'
import { formatBytes, formatDuration } from './values.ts'

const WIDTH = 100
const INDENT = '      '

/** The text of `--help`: every flag with type, unit, range, choices, default and environment variable. */
export function helpText(flags: Flags, program: { program: string; envPrefix?: string; about?: string }): string {
  const names = Object.keys(flags).sort()
  const parts = names.flatMap((name) => {
    const flag = flags[name]
    return flag === undefined ? [] : [flagHelp(name, flag)]
  })
  const environment = program.envPrefix === undefined ? '' : `else the environment (${program.envPrefix}<NAME>), `
  const sources = `Values come from the command line, ${environment}else the file of --config, else the default.`
  const head = [`Usage: ${program.program} [--flag=value ...]`, program.about, sources].filter(
    (line) => line !== undefined,
  )
  const builtIn = [
    `  --config=<path>\n${INDENT}A JSON file of flag names and values.`,
    `  --help\n${INDENT}Prints this text.`,
    `  --version\n${INDENT}Prints the version.`,
  ]
  return `${head.map((line) => wrap(line, '')).join('\n\n')}\n\n${[...parts, ...builtIn].join('\n')}\n`
}

/** Type and unit as written after the name: `<duration>`, `<integer ms>`. */
function placeholder(flag: Flag): string {
  const unit = flag.unit === undefined ? '' : ` ${flag.unit}`
  return flag.type === 'boolean' ? '' : `=<${flag.type}${unit}>`
}

function flagHelp(name: string, flag: Flag): string {
  const title = flag.type === 'boolean' ? `--[no-]${name}` : `--${name}${placeholder(flag)}`
  const facts = [rangeFact(flag), choicesFact(flag), defaultFact(flag), aliasFact(flag)].filter((fact) => fact !== '')
  const text = facts.length === 0 ? flag.help : `${flag.help} (${facts.join('; ')})`
  return `  ${title}\n${wrap(text, INDENT)}`
}

function rangeFact(flag: Flag): string {
  if (flag.type === 'duration') return rangeText(flag, formatDuration)
  if (flag.type === 'bytes') return rangeText(flag, formatBytes)
  return flag.type === 'integer' || flag.type === 'number' ? rangeText(flag, String) : ''
}

function choicesFact(flag: Flag): string {
  const choices = flag.type === 'string' || flag.type === 'list' ? flag.choices : undefined
  return choices === undefined ? '' : `one of ${choices.join(', ')}`
}

function defaultFact(flag: Flag): string {
  if (flag.default === undefined) return flag.required === true ? 'required' : ''
  const text =
    flag.type === 'list'
      ? flag.default.join(',')
      : flag.type === 'json'
        ? JSON.stringify(flag.default)
        : String(flag.default)
  return `default ${text === '' ? 'empty' : text}`
}

const aliasFact = (flag: Flag): string =>
  flag.aliases === undefined || flag.aliases.length === 0 ? '' : `also --${flag.aliases.join(', --')}`

function wrap(text: string, indent: string): string {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line)
      line = indent
    }
    line += line === indent ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}

/** Every flag as a Markdown table row set, for the generated documentation. */
export function flagsMarkdown(flags: Flags, envPrefix?: string): string {
  const rows = Object.keys(flags)
    .sort()
    .flatMap((name) => {
      const flag = flags[name]
      if (flag === undefined) return []
      const variable = environmentName(name, envPrefix)
      const cells = [
        `\`--${name}\``,
        flag.type + (flag.unit === undefined ? '' : ` (${flag.unit})`),
        defaultFact(flag).replace(/^default /, ''),
        [rangeFact(flag), choicesFact(flag)].filter((fact) => fact !== '').join('; '),
        variable === undefined ? '' : `\`${variable}\``,
        flag.help,
      ]
      return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`]
    })
  return ['| Flag | Type | Default | Allowed | Environment | Meaning |', '|---|---|---|---|---|---|', ...rows].join(
    '\n',
  )
}

/**
 * The text that the supervised process reads as its first and last shell script: go to the sandbox, redirect the
 * output, set exactly the wanted environment, report "ok" on descriptor 3, become the command.
 * It is kept in a file of mode 0600, so neither environment nor command shows in any process list before the exec.
 */
import { IsolationError } from '../errors.ts'
import { terminalWords } from '../io/terminal.ts'
import { DEFAULT_PATH, shellQuote } from './shell-words.ts'
import type { ContainerCommand, ContainerIoSpec } from '../containerizer.ts'

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Variables that a shell checks or protects; they are set by env(1) at the very end. */
const SHELL_OWNED = new Set(['OPTIND', 'PPID', 'UID', 'EUID', 'BASHOPTS', 'SHELLOPTS', 'BASH_VERSINFO'])

/** The words of the process to become: path first. */
export function commandWords(command: ContainerCommand): readonly string[] {
  if (command.type === 'shell') return ['/bin/sh', '-c', command.value]
  return [command.path, ...command.argv.slice(1)]
}

function checkText(what: string, text: string): void {
  if (text.includes('\0')) throw new IsolationError('COMMAND_INVALID', `${what} contains a NUL byte; remove it`)
}

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environment)) {
    checkText(`environment variable ${JSON.stringify(name)}`, name + value)
    if (name === '' || name.includes('='))
      throw new IsolationError('COMMAND_INVALID', `environment variables cannot be named ${JSON.stringify(name)}`)
  }
}

/** Lines that replace the shell's environment by `environment`, and the words that go before the command. */
function planEnvironment(environment: Readonly<Record<string, string>>): { lines: string[]; prefix: string[] } {
  const names = Object.keys(environment)
  const isPlain = (name: string): boolean => SHELL_NAME.test(name) && !SHELL_OWNED.has(name)
  const lines = ['unset PATH PWD OLDPWD']
  if (!Object.hasOwn(environment, 'PATH')) lines.push(`PATH=${DEFAULT_PATH}`)
  for (const name of names.filter(isPlain)) lines.push(`export ${name}=${shellQuote(environment[name] ?? '')}`)
  const special = names.filter((name) => !isPlain(name)).map((name) => shellQuote(`${name}=${environment[name] ?? ''}`))
  return { lines, prefix: special.length > 0 ? ['/usr/bin/env', ...special] : [] }
}

export type CommandScript = {
  readonly command: ContainerCommand
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  /** Append stdout and stderr to files in `directory` and report "ok"; off where the agent reads the output. */
  readonly isTask: boolean
  /** Of a task: its streams are the descriptors 7, 8 and 9 that the set-up has opened. */
  readonly io?: ContainerIoSpec
}

/** The input comes last: until then the shell reads this script from it. */
function streamsOf({ isTask, io }: CommandScript): { readonly first: string; readonly last: string } {
  if (!isTask) return { first: '', last: ' </dev/null' }
  if (io === undefined) return { first: 'exec </dev/null >>stdout 2>>stderr', last: '' }
  const output = io.output === 'agent' ? 'exec >&8 2>&9 8>&- 9>&-' : 'exec >>stdout 2>>stderr'
  return { first: output, last: ' <&7 7<&-' }
}

/** Builds the script. Throws COMMAND_INVALID for text that no process can be given. */
export function commandScript(parts: CommandScript): string {
  const { command, environment, directory, isTask, io } = parts
  const words = commandWords(command)
  checkEnvironment(environment)
  for (const word of [...words, directory]) checkText('the command', word)
  const { lines, prefix } = planEnvironment(environment)
  const plain = [...prefix, ...words.map(shellQuote)]
  const become = io?.tty === undefined ? plain : terminalWords(plain, { size: io.tty, shell: environment['SHELL'] })
  const { first, last } = streamsOf(parts)
  return [
    `cd ${shellQuote(directory)} || exit 125`,
    ...(isTask ? [first, 'echo ok >&3', 'exec 3>&-'] : []),
    ...lines,
    `exec ${become.join(' ')}${last}`,
    '',
  ].join('\n')
}

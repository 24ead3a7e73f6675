/**
 * Pseudo-terminals by script(1) of util-linux: it holds the terminal's other end within the container, so that a
 * terminal outlives the agent, and needs nothing compiled here. Sizes are set by stty(1).
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errnoOf } from '@thermosphere/effects'
import { IsolationError } from '../errors.ts'
import { DEFAULT_PATH, shellQuote } from '../supervision/shell-words.ts'
import type { WindowSize } from '../containerizer.ts'

function findProgram(name: string): string {
  for (const folder of DEFAULT_PATH.split(':')) {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return join(folder, name)
    } catch {
      // Looked for in the next.
    }
  }
  const message = `a terminal (tty_info) needs the program ${name}; install util-linux and bsdutils, or do without`
  throw new IsolationError('UNSUPPORTED', message)
}

const sizeWords = ({ rows, columns }: WindowSize): readonly string[] => [
  'rows',
  String(rows),
  'columns',
  String(columns),
]

/**
 * Shell words that run `words` (shell text) in a terminal. script(1) runs its command by $SHELL, which is made the
 * shell whose language this is and put back before the command begins. Throws UNSUPPORTED.
 */
export function terminalWords(
  words: readonly string[],
  { size, shell }: { readonly size: WindowSize; readonly shell: string | undefined },
): readonly string[] {
  const putBack = shell === undefined ? 'unset SHELL' : `export SHELL=${shellQuote(shell)}`
  const setSize = [findProgram('stty'), ...sizeWords(size)].map(shellQuote).join(' ')
  const inside = `${putBack}; ${setSize}; exec ${words.join(' ')}`
  const script = [findProgram('script'), '-q', '-e', '-f', '-E', 'always', '-c', inside, '/dev/null']
  return ['/usr/bin/env', 'SHELL=/bin/sh', ...script].map(shellQuote)
}

/** The terminal that a process of the container has as its input. */
function terminalOf(pids: readonly number[]): string | undefined {
  for (const pid of pids) {
    try {
      const path = readlinkSync(`/proc/${String(pid)}/fd/0`)
      if (/^\/dev\/pts\/\d+$/.test(path)) return path
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ESRCH') throw error
    }
  }
  return undefined
}

/** Whoever runs in the terminal hears of it by SIGWINCH. */
export async function resizeTerminal(pids: readonly number[], size: WindowSize): Promise<void> {
  const path = terminalOf(pids)
  if (path === undefined) throw new IsolationError('UNSUPPORTED', 'the container has no terminal')
  await promisify(execFile)(findProgram('stty'), ['-F', path, ...sizeWords(size)])
}

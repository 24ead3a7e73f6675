/**
 * What containers do when their agent is gone: in Mesos their executors end them, here one small shell per agent does.
 * It reads the end of its input when the agent's process is over, however that came about.
 *
 *   agent ── pipe ──> watch: 1. ends at once what is not to outlive the agent (file `mortal` in its directory)
 *                            2. waits for another agent, which writes its own watch into the file `watch`
 *                            3. when the recovery timeout is over, ends the rest
 *
 * A container's supervisor is not signalled: it writes down how the command ended, for an agent that comes later.
 * Only the direct descendants of a supervisor are found; whoever left them is ended by the next agent, as an orphan.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Writable } from 'node:stream'
import { WATCH_EXIT_MS } from '../limits.ts'
import { DEFAULT_PATH } from './shell-words.ts'

/** Arguments: runtime directory, recovery timeout and grace in seconds. */
const SCRIPT = `
run=$1 left=$2 grace=$3

# The processes below $1; a loop within takes no variable of the one around it, as each runs in a subshell.
below() (
  for list in /proc/"$1"/task/*/children; do
    read -r line <"$list"
    for child in $line; do echo "$child"; below "$child"; done
  done
) 2>/dev/null

# The supervisor of the container in directory $1, if it still is the same process and has not written a status.
supervisor() (
  [ -e "$run/ended/\${1##*/}" ] && exit
  read -r was <"$1/process" && read -r now <"/proc/\${was%% *}/stat" || exit
  set -- "\${was%% *}" "\${was##*) }" "\${now##*) }"
  pid=$1
  set -- $2 -- $3
  shift 19
  was=$1
  while [ "$1" != -- ]; do shift; done
  shift 20
  [ "$was" = "$1" ] && echo "$pid"
) 2>/dev/null

signal() {
  for directory in "$run"/containers/*/; do
    directory=\${directory%/}
    [ -z "$2" ] || [ -e "$directory/$2" ] || continue
    pid=$(supervisor "$directory")
    [ -z "$pid" ] || kill "-$1" $(below "$pid") 2>/dev/null
  done
}

running() {
  for directory in "$run"/containers/*/; do
    directory=\${directory%/}
    [ -z "$1" ] || [ -e "$directory/$1" ] || continue
    [ -z "$(supervisor "$directory")" ] || return 0
  done
  return 1
}

# SIGTERM, and SIGKILL when the grace is over.
end() {
  running "$1" || return
  signal TERM "$1"
  rest=$grace
  while [ "$rest" -gt 0 ] && running "$1"; do sleep 1; rest=$((rest-1)); done
  signal KILL "$1"
}

mine() { read -r pid <"$run/watch" && [ "$pid" = $$ ]; } 2>/dev/null

echo $$ >"$run/watch.$$" && mv -f "$run/watch.$$" "$run/watch"
read -r _
mine || exit
end mortal
while mine && running ''; do
  [ "$left" -gt 0 ] || { end ''; break; }
  sleep 1
  left=$((left-1))
done
mine && rm -f "$run/watch" && rmdir "$run/containers" "$run/ended" "$run" 2>/dev/null
`

export type AgentWatchOptions = {
  readonly runtimeDir: string
  /** What outlives the agent waits this long for another one. */
  readonly recoveryTimeoutMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number
}

const wholeSeconds = (ms: number): string => String(Math.ceil(ms / 1000))

export class AgentWatch {
  readonly #child: ChildProcessByStdio<Writable, null, null>

  constructor({ runtimeDir, recoveryTimeoutMs, graceMs }: AgentWatchOptions) {
    const words = ['-c', SCRIPT, 'agent-watch', runtimeDir, wholeSeconds(recoveryTimeoutMs), wholeSeconds(graceMs)]
    this.#child = spawn('/bin/sh', words, {
      cwd: '/',
      detached: true,
      env: { PATH: DEFAULT_PATH },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    // Without a watch containers wait for the next agent, as long as that takes.
    this.#child.on('error', () => undefined)
    this.#child.stdin.on('error', () => undefined)
    this.#child.unref()
  }

  /** The agent goes; resolves when the watch has as well, or has something left to wait for. */
  async close(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child
    this.#child.stdin.end()
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    await Promise.race([once(this.#child, 'exit'), sleep(WATCH_EXIT_MS, undefined, { ref: false })])
  }
}

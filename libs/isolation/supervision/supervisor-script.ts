/**
 * The supervisor: one shell per container that outlives the agent.
 *
 *   supervisor (own session, host pid namespace)
 *     └─ the command (same process group; in 'linux' below a second shell that is pid 1 of its namespace)
 *
 * It waits for the command in the foreground, so its traps run late and the signals sent to the group do not end it:
 * the command decides alone how it reacts. Then it writes one line to the status file by a single write, and a reader
 * takes the line only with its end. A shell reports death by signal N as 128+N, like an exit with that code; but it
 * also says "Killed", "Terminated" on its stderr, which is the file `note`, empty otherwise. So both are told apart
 * (except SIGINT and SIGPIPE, of which shells do not speak: these read as exit 130 and 141).
 *
 * The child does not say who it is: a shell reads the 300 bytes of such a line one by one, and few ask.
 * Only shell builtins are used, so no further process is started per task, and the supervisor works on when its pid
 * namespace for children is closed.
 */

/** What the containerizer adds; every text is trusted shell, quoted by whoever made it. */
export type SupervisorParts = {
  /** Lines run by the child with the agent's rights, before the user changes; each ends the child when it fails. */
  readonly setup: readonly string[]
  /** Words before `/bin/sh` that change user or limits by exec; empty = the command is read by the child itself. */
  readonly prefix: readonly string[]
  /** The child is pid 1 of its namespace and stays as its init, with the command below it. */
  readonly isInit: boolean
}

const HANDLED_SIGNALS = 'HUP INT QUIT USR1 USR2 PIPE ALRM TERM'

function childLines({ setup, prefix, isInit }: SupervisorParts): readonly string[] {
  const become = prefix.length > 0 ? `exec ${prefix.join(' ')} /bin/sh -s <"$d/command"` : `. "$d/command"`
  return [
    ...setup.map((line) => `${line} || exit 125`),
    // The exec of the command closes descriptor 3 of the innermost shell only; init must not keep it.
    ...(isInit ? [`( ${become} )`, 'exit $?'] : [become]),
  ]
}

/** Shell text by which a process says on descriptor 3 who it is; `$s` holds its line of /proc afterwards. */
const ANNOUNCE = 'read -r s </proc/$$/stat && echo "$s" >&3'

/** The script lies in the container's runtime directory; its only argument is the status file. */
export function supervisorScript(parts: SupervisorParts): string {
  return [
    'd=${0%/*}',
    `trap : ${HANDLED_SIGNALS}`,
    ANNOUNCE,
    'echo "$s" >"$d/process"',
    '(',
    ...childLines(parts),
    ')',
    'c=$?',
    'k=exit',
    '[ $c -gt 128 ] && [ -s "$d/note" ] && k=signal c=$((c-128))',
    'echo "$k $c" >"$1"',
    '',
  ].join('\n')
}

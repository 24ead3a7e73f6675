/** Ends what a run has started when the run itself is gone, however it went: it outlives even kill -9 of the run. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** Nothing here names the work directory on its command line, so that it does not count as a process of the cluster. */
const script = `
while kill -0 "$RUN_PID" 2>/dev/null; do sleep 1; done
ours() {
  for process in /proc/[0-9]*; do
    case "$(tr '\\0' ' ' < $process/cmdline) $(readlink $process/cwd)" in
      *"$WORK_DIR"*) echo "\${process#/proc/}" ;;
    esac
  done 2>/dev/null
}
for round in 1 2 3; do
  pids=$(ours)
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null
done
eval "$UNDO"
rm -rf "$WORK_DIR"
`

export class Watchdog {
  readonly #child: ChildProcess

  constructor(options: { readonly workDir: string; readonly undo: readonly string[] }) {
    this.#child = spawn('sh', ['-c', script], {
      detached: true,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'] ?? '',
        RUN_PID: String(process.pid),
        WORK_DIR: options.workDir,
        UNDO: options.undo.join('\n'),
      },
    })
    this.#child.unref()
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}

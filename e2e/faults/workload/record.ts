/** What tasks write about themselves: one line when they begin, one when they are told to end, one when they end. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { processesWith } from '../../harness/processes.ts'

export type Line = {
  readonly event: 'start' | 'term' | 'end'
  readonly taskId: string
  /** As the task sees it: with namespaces many have the same. */
  readonly pid: number
  /** When this process began, in nanoseconds: tells it from another of the same task. */
  readonly process: string
  readonly at: number
  /** The app or job; for a job its time and attempt as well. */
  readonly of: string
  readonly nominalAt?: number
  readonly attempt?: number
}

/** A line is shorter than a page, so the kernel appends it whole. */
const script = (file: string): string => `#!/bin/sh
# record.sh service NAME | run SECONDS NAME NOMINAL ATTEMPT
note() { echo "$1 $MESOS_TASK_ID $$ $began $(date +%s%N) $name $nominal $attempt" >> '${file}'; }
began=$(date +%s%N)
kind=$1; shift
nominal=0; attempt=0
if [ "$kind" = service ]; then
  name=$1
  trap 'note term; kill $sleeper; exit 0' TERM
  note start
  while :; do sleep 3600 & sleeper=$!; wait $sleeper; done
fi
seconds=$1 name=$2 nominal=\${3:-0} attempt=\${4:-0}
note start
sleep "$seconds"
note end
`

function taskIdOf(pid: number): string | undefined {
  try {
    return /(?:^|\0)MESOS_TASK_ID=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1]
  } catch {
    // It has just ended.
    return undefined
  }
}

export class TaskRecord {
  readonly #file: string
  readonly script: string

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#file = `${folder}/tasks`
    this.script = `${folder}/record.sh`
    writeFileSync(this.#file, '')
    chmodSync(this.#file, 0o666)
    writeFileSync(this.script, script(this.#file), { mode: 0o755 })
  }

  lines(): Line[] {
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => {
        const [event, taskId = '', pid, process = '', at, of = '', nominal, attempt] = text.split(' ')
        if (event !== 'start' && event !== 'term' && event !== 'end') throw new Error(`a task wrote: ${text}`)
        const about = { of, attempt: Number(attempt), ...(Number(nominal) > 0 && { nominalAt: Number(nominal) }) }
        return { event, taskId, pid: Number(pid), process, at: Number(at) / 1e6, ...about }
      })
  }

  /** Ids of the tasks of services whose processes live, from outside of their namespaces. */
  livingServices(): string[] {
    return processesWith(`${this.script} service`).flatMap(({ pid }) => taskIdOf(pid) ?? [])
  }
}

/** Programs that are run one after the other: in front, with the terminal, or beside those, with what they leave. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'

export type Ended = { readonly ok: boolean; readonly output: string }

type Place = { readonly root: string; readonly env: NodeJS.ProcessEnv }

const low = 10
const normal = 0

export class Programs {
  readonly #place: Place
  readonly #inFront = new Set<ChildProcess>()
  readonly #beside = new Set<ChildProcess>()
  #isYielding = true

  constructor(place: Place) {
    this.#place = place
  }

  async runInFront([program = '', ...args]: readonly string[]): Promise<Ended> {
    const child = spawn(program, args, { ...this.#options, stdio: ['ignore', 'inherit', 'inherit'] })
    return await ended(child, this.#inFront)
  }

  /**
   * In a session of its own at a low priority: of its processes, and of the session too, because Linux shares the time
   * among sessions first. What it says is returned instead of shown.
   */
  async runBeside(words: readonly string[]): Promise<Ended> {
    const [program = '', ...args] = this.#isYielding ? ['nice', '-n', String(low), ...words] : words
    const child = spawn(program, args, { ...this.#options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    if (this.#isYielding) setSessionPriority(child, low)
    return await ended(child, this.#beside)
  }

  /** Nothing is in front any more. */
  stopYielding(): void {
    this.#isYielding = false
    for (const child of this.#beside) setSessionPriority(child, normal)
  }

  /** What runs beside does not hear of a signal of the terminal: it is in another session. */
  end(): void {
    for (const child of this.#inFront) child.kill('SIGTERM')
    for (const { pid, exitCode } of this.#beside)
      if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGTERM')
  }

  get #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: this.#place.root, env: this.#place.env }
  }
}

async function ended(child: ChildProcess, running: Set<ChildProcess>): Promise<Ended> {
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  try {
    const [status] = (await once(child, 'close')) as [number | null]
    return { ok: status === 0, output }
  } catch (error) {
    return { ok: false, output: `${output}${String(error)}\n` }
  } finally {
    running.delete(child)
  }
}

/** Where sessions have no priority, or only root may raise it, it stays as it is. */
function setSessionPriority({ pid }: ChildProcess, priority: number): void {
  if (pid === undefined) return
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(priority))
  } catch {
    return
  }
}

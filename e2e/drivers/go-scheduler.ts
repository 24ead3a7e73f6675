/** The scheduler of scheduler.go as a process: built once, told what to do, and what it hears. */
import { eventually } from '@thermosphere/test-kit'
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { buildGoProgram } from './go-program.ts'

/** Returns the path of the program. */
export async function buildScheduler(directory: string): Promise<string> {
  const program = join(directory, 'scheduler')
  await buildGoProgram('scheduler.go', program)
  return program
}

const eventSchema = z.object({
  event: z.string(),
  id: z.string().optional(),
  master: z.string().optional(),
  task: z.string().optional(),
  state: z.string().optional(),
  reason: z.string().optional(),
  executor: z.string().optional(),
  text: z.string().optional(),
  status: z.union([z.string(), z.number()]).optional(),
})
export type GoEvent = z.infer<typeof eventSchema>

export class GoScheduler {
  readonly events: GoEvent[] = []
  readonly #child: ChildProcessWithoutNullStreams
  #log = ''

  constructor(program: string, flags: readonly string[]) {
    const env = { ...process.env, USER: userInfo().username }
    this.#child = spawn(program, ['-logtostderr', ...flags], { env })
    const lines = createInterface({ input: this.#child.stdout })
    lines.on('line', (line) => this.events.push(eventSchema.parse(JSON.parse(line))))
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-20_000)))
  }

  say(command: string): void {
    this.#child.stdin.write(`${command}\n`)
  }

  /** The first event that fits, once it is there. */
  async hears(event: string, fits: Partial<GoEvent> = {}): Promise<GoEvent> {
    const wanted = Object.entries({ ...fits, event })
    const isWanted = (heard: GoEvent): boolean =>
      wanted.every(([key, value]) => Object.entries(heard).some(([k, v]) => k === key && v === value))
    try {
      return await eventually(JSON.stringify(wanted), () => this.events.find(isWanted), 30_000)
    } catch (error) {
      throw new Error(`${JSON.stringify(this.events, undefined, 1)}\n${this.#log}`, { cause: error })
    }
  }

  /** Forgets what it has heard. */
  forget(): void {
    this.events.length = 0
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

import { freePort } from '@thermosphere/test-kit'
import type { mesos } from '@thermosphere/protocol'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FakeMaster } from './fake-master.ts'

type RunOptions = { readonly flags?: readonly string[]; readonly bootFile?: string }

const RESOURCES = '--resources=cpus:4;mem:8192;disk:10000;ports:[31000-32000]'
const endAsksMax = 30
const endAskMs = 1_000

/** An agent as a user starts it, with its own work directory, and a master that listens to it. */
export class AgentProcess {
  readonly master: FakeMaster
  readonly workDir: string
  readonly port: number
  readonly #flags: readonly string[]
  #process: ChildProcess | undefined
  /** What it said on its standard error. */
  errors = ''

  private constructor(place: { master: FakeMaster; workDir: string; port: number }, flags: readonly string[]) {
    this.master = place.master
    this.workDir = place.workDir
    this.port = place.port
    this.#flags = flags
  }

  static async start(flags: readonly string[] = []): Promise<AgentProcess> {
    const master = new FakeMaster()
    await master.start()
    const agent = new AgentProcess(
      { master, workDir: await mkdtemp(join(tmpdir(), 'agent-test-')), port: await freePort() },
      flags,
    )
    agent.run()
    await master.wait(({ messages }) => messages.find((message) => message.type === 'REGISTER'))
    return agent
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** With `bootFile` the agent reads its boot id from there, as after a reboot; needs root. */
  run({ flags = [], bootFile }: RunOptions = {}): void {
    const own = [...this.#flags, ...flags]
    const args = [
      join(import.meta.dirname, '..', 'main.ts'),
      `--master=127.0.0.1:${this.master.port}`,
      `--work_dir=${this.workDir}`,
      `--port=${this.port}`,
      ...(own.some((flag) => flag.startsWith('--resources=')) ? [] : [RESOURCES]),
      '--registration_backoff_factor=100ms',
      ...own,
    ]
    const bind = `mount --bind '${bootFile ?? ''}' /proc/sys/kernel/random/boot_id && exec "$@"`
    const inNamespace = bootFile === undefined ? [] : ['unshare', '--mount', 'sh', '-c', bind, 'sh']
    const [program = '', ...words] = [...inNamespace, process.execPath, ...args]
    const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'pipe'] })
    child.stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()))
    this.#process = child
  }

  /** Resolves with the status when the agent has ended by itself. */
  async ended(): Promise<number | null> {
    const child = this.#process
    if (child === undefined || !this.#isUp()) return child?.exitCode ?? null
    const [status] = (await once(child, 'exit')) as [number | null]
    return status
  }

  #isUp(): boolean {
    const child = this.#process
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === undefined || !this.#isUp()) return
    child.kill(signal)
    await once(child, 'exit')
  }

  /** `kill -9` and a new process on the same work directory. */
  async restart(): Promise<void> {
    await this.kill('SIGKILL')
    this.run()
  }

  async json<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path)
    // Tests assert on what they read.
    return (await response.json()) as T
  }

  /** Ends every task, the agent and the master. */
  async close(): Promise<void> {
    const ended = this.ended()
    // One that has only just begun does not listen yet: it is told again, and in the end it is not asked.
    for (let i = 0; i < endAsksMax && this.#isUp(); i++) {
      this.#process?.kill('SIGUSR1')
      await Promise.race([ended, sleep(endAskMs)])
    }
    if (this.#isUp()) await this.kill('SIGKILL')
    this.master.close()
    await rm(this.workDir, { recursive: true, force: true })
  }

  runTask(task: Partial<mesos.TaskInfo> & { id: string }, framework: mesos.FrameworkInfo = FRAMEWORK): void {
    this.master.send({
      type: 'RUN_TASK',
      run_task: { framework_info: framework, task: taskInfo(this.master.agentId, task), launch_executor: true },
    })
  }

  kill9(pid: number): void {
    process.kill(pid, 'SIGKILL')
  }

  async read(path: string): Promise<string> {
    return await readFile(path, 'utf8')
  }
}

export const FRAMEWORK: mesos.FrameworkInfo = {
  user: 'root',
  name: 'test',
  id: { value: 'b9b4a4ff-6f2e-4d0e-9c6a-000000000000-0000' },
  roles: ['test'],
  checkpoint: true,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }],
}

export function scalar(name: string, value: number): mesos.Resource {
  return { name, type: 'SCALAR', scalar: { value }, allocation_info: { role: 'test' } }
}

export function taskInfo(agentId: string, { id, ...rest }: Partial<mesos.TaskInfo> & { id: string }): mesos.TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: agentId },
    resources: [scalar('cpus', 0.1), scalar('mem', 32)],
    ...rest,
  }
}

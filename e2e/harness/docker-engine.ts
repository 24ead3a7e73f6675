/** A Docker engine of the test's own, with the image busybox:latest; nothing of it is left after `close`. */
import { eventually } from '@thermosphere/test-kit'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { processesWith } from './processes.ts'

export type Container = { readonly Id: string; readonly Image: string; readonly State: string }

const applets = ['sh', 'sleep', 'echo', 'cat', 'env', 'true', 'false', 'date']

export class DockerEngine {
  readonly socketPath: string
  readonly #directory: string
  readonly #child: ChildProcess

  private constructor(directory: string, child: ChildProcess) {
    this.#directory = directory
    this.#child = child
    this.socketPath = `${directory}/docker.sock`
  }

  static async start(): Promise<DockerEngine> {
    const directory = mkdtempSync(`${tmpdir()}/thermosphere-dockerd-`)
    // An own configuration file, so that the machine's does not count.
    writeFileSync(`${directory}/daemon.json`, '{}')
    const places = ['data-root', 'exec-root', 'pidfile'].map((flag) => `--${flag}=${directory}/${flag}`)
    const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
    const child = spawn(
      'dockerd',
      [`--host=unix://${directory}/docker.sock`, `--config-file=${directory}/daemon.json`, ...places, ...network],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    )
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
    const engine = new DockerEngine(directory, child)
    try {
      await eventually('dockerd answers', () => {
        if (child.exitCode !== null) throw new Error(`dockerd ended: ${log}`)
        return engine.call('GET', '/_ping').then(() => true)
      })
      await engine.#importBusybox()
      return engine
    } catch (error) {
      await engine.close()
      throw error
    }
  }

  /** The engine's API. Resolves with the body of a success. */
  call(method: string, path: string, bodyFile?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.socketPath, method, path }, (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) < 400) resolve(text)
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`))
        })
      })
      call.on('error', reject)
      if (bodyFile === undefined) call.end()
      else createReadStream(bodyFile).pipe(call)
    })
  }

  async containers(): Promise<Container[]> {
    return JSON.parse(await this.call('GET', '/containers/json?all=true')) as Container[]
  }

  async running(): Promise<Container[]> {
    return (await this.containers()).filter(({ State }) => State === 'running')
  }

  /** From scratch: busybox under the names of its programs. */
  async #importBusybox(): Promise<void> {
    const image = `${this.#directory}/image`
    for (const folder of ['bin', 'tmp', 'etc']) mkdirSync(`${image}/${folder}`, { recursive: true })
    const busybox = execFileSync('/bin/sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
    cpSync(busybox, `${image}/bin/busybox`, { dereference: true })
    for (const name of applets) symlinkSync('busybox', `${image}/bin/${name}`)
    execFileSync('tar', ['-C', image, '-cf', `${image}.tar`, '.'])
    await this.call('POST', '/images/create?fromSrc=-&repo=busybox&tag=latest', `${image}.tar`)
  }

  /** Processes of the engine: itself, containerd, shims. */
  leftovers(): string[] {
    return processesWith(this.#directory).map(({ pid, command }) => `${pid} ${command}`)
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await exit
    }
    for (const { pid } of processesWith(this.#directory)) process.kill(pid, 'SIGKILL')
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
    for (const mount of mounts.filter((path) => path.startsWith(this.#directory)).reverse()) {
      execFileSync('umount', ['-l', mount])
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 20 })
  }
}

/** A Docker engine of the test's own: its socket, data and processes are gone after `close`. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { processesWith } from './workbench.ts'

export const BUSYBOX_IMAGE = 'thermosphere-busybox'

export type DockerEngine = {
  readonly docker: Docker
  readonly socketPath: string
  /** Ends the engine and starts it again; containers live on. */
  restart(): Promise<void>
  close(): Promise<void>
}

type Engine = { readonly stop: (signal: NodeJS.Signals) => Promise<void> }

async function startEngine(directory: string, socketPath: string): Promise<Engine> {
  const at = (name: string): string => join(directory, name)
  const child = spawn(
    'dockerd',
    [
      ...['-H', `unix://${socketPath}`, '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')],
      ...[
        '--iptables=false',
        '--ip6tables=false',
        '--bridge=none',
        '--live-restore',
        '--config-file',
        at('daemon.json'),
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
  const docker = new Docker({ socketPath })
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt++) {
    const isUp = await docker.ping().then(
      () => true,
      () => false,
    )
    if (isUp) {
      const stop = async (signal: NodeJS.Signals): Promise<void> => {
        const exit = once(child, 'exit')
        child.kill(signal)
        await exit
      }
      return { stop }
    }
    await sleep(100)
  }
  child.kill('SIGKILL')
  throw new Error(`dockerd did not start: ${log}`)
}

/** An image from scratch: busybox under the names of its programs. */
async function importBusybox(docker: Docker, directory: string): Promise<void> {
  const root = join(directory, 'root')
  for (const name of ['bin', 'tmp', 'etc']) mkdirSync(join(root, name), { recursive: true })
  const busybox = execFileSync('/bin/sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  cpSync(busybox, join(root, 'bin/busybox'), { dereference: true })
  for (const name of [
    'sh',
    'sleep',
    'echo',
    'cat',
    'env',
    'id',
    'ls',
    'touch',
    'true',
    'head',
    'tail',
    'nc',
    'httpd',
    'wget',
  ])
    symlinkSync('busybox', join(root, 'bin', name))
  const tar = join(directory, 'root.tar')
  execFileSync('tar', ['-C', root, '-cf', tar, '.'])
  const stream = await docker.importImage(tar, { repo: BUSYBOX_IMAGE, tag: 'latest' })
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(stream as NodeJS.ReadableStream, (error) =>
      error === null ? resolve() : reject(error),
    ),
  )
}

/** Ends what an engine that died left of its own: containerd, shims, and the mounts of their containers. */
function clearLeftovers(directory: string): void {
  for (const pid of processesWith(directory)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended with its engine.
    }
  }
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const path of mounts.filter((mount) => mount.startsWith(directory)).reverse())
    execFileSync('umount', ['-l', path])
}

async function removeContainers(docker: Docker): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true })) await docker.getContainer(Id).remove({ force: true })
}

export async function startDockerEngine(): Promise<DockerEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'thermosphere-docker-'))
  const socketPath = join(directory, 'docker.sock')
  // An own configuration, so that the host's does not count.
  writeFileSync(join(directory, 'daemon.json'), '{}')
  let engine = await startEngine(directory, socketPath)
  const docker = new Docker({ socketPath })
  await importBusybox(docker, directory)
  return {
    docker,
    socketPath,
    restart: async () => {
      await engine.stop('SIGTERM')
      engine = await startEngine(directory, socketPath)
    },
    close: async () => {
      try {
        await removeContainers(docker)
        await engine.stop('SIGTERM')
      } finally {
        clearLeftovers(directory)
        rmSync(directory, { recursive: true, force: true, maxRetries: 20 })
      }
    },
  }
}

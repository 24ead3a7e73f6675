/** A workbench on a Docker engine of its own, and agents that follow each other on it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { createContainerizers } from '../create-containerizers.ts'
import { BUSYBOX_IMAGE, startDockerEngine } from './docker-engine.ts'
import { createWorkbench } from './workbench.ts'
import type { Containerizer, ContainerHandle, ContainerSpec, DockerSpec, Termination } from '../containerizer.ts'
import type { DockerEngine } from './docker-engine.ts'
import type { Workbench } from './workbench.ts'

const SPEC: DockerSpec = {
  image: BUSYBOX_IMAGE,
  network: { mode: 'none' },
  portMappings: [],
  mounts: [],
  privileged: false,
  forcePull: false,
  parameters: [],
}

export class DockerWorkbench {
  readonly engine: DockerEngine
  readonly bench: Workbench
  docker: Containerizer

  private constructor(engine: DockerEngine, bench: Workbench, docker: Containerizer) {
    this.engine = engine
    this.bench = bench
    this.docker = docker
  }

  static async start(): Promise<DockerWorkbench> {
    const engine = await startDockerEngine()
    const bench = await createWorkbench({ docker: { socketPath: engine.socketPath } })
    assert.ok(bench.containerizers.docker !== undefined)
    return new DockerWorkbench(engine, bench, bench.containerizers.docker)
  }

  spec(value: string, more: Partial<DockerSpec> = {}, rest: Partial<ContainerSpec> = {}): ContainerSpec {
    return this.bench.spec(value, { docker: { ...SPEC, ...more }, ...rest })
  }

  async launch(...parts: Parameters<DockerWorkbench['spec']>): Promise<ContainerHandle> {
    return await this.docker.launch(this.spec(...parts), { signal: new AbortController().signal })
  }

  async run(
    ...parts: Parameters<DockerWorkbench['spec']>
  ): Promise<{ readonly termination: Termination; readonly stdout: string; readonly stderr: string }> {
    const { containerId } = await this.launch(...parts)
    const termination = await this.docker.wait(containerId)
    const stdout = this.bench.output(containerId)
    return { termination, stdout, stderr: this.bench.output(containerId, 'stderr') }
  }

  async refused(spec: ContainerSpec, code: string, message: RegExp): Promise<void> {
    await assert.rejects(this.docker.launch(spec, { signal: new AbortController().signal }), { code, message })
    const filters = { name: [`mesos-${spec.containerId}`] }
    assert.equal((await this.engine.docker.listContainers({ all: true, filters })).length, 0)
  }

  /** The next agent on the same runtime directory; the first one stops, as by kill -9. */
  async nextAgent(): Promise<void> {
    await this.docker.close()
    const runtimeDir = join(this.bench.directory, 'runtime')
    const { socketPath } = this.engine
    const next = await createContainerizers({ runtimeDir, mode: 'posix', docker: { socketPath } })
    assert.ok(next.docker !== undefined)
    this.docker = next.docker
  }

  async close(): Promise<void> {
    await this.docker.destroyOrphans(new Set())
    await this.docker.close()
    await this.bench.close()
    await this.engine.close()
  }
}

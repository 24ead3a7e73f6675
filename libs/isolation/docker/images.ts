/** Makes sure that an image is on this host. */
import { asEngineError, statusOf } from './engine-errors.ts'
import { IsolationError } from '../errors.ts'
import { imageWithTag } from './create-options.ts'
import type Docker from 'dockerode'

export class Images {
  readonly #docker: Docker
  readonly #socketPath: string
  /** Tasks that start together wait for one pull. */
  readonly #pulls = new Map<string, Promise<void>>()

  constructor(docker: Docker, socketPath: string) {
    this.#docker = docker
    this.#socketPath = socketPath
  }

  /** Throws DOCKER_IMAGE_MISSING, DOCKER_UNREACHABLE, NO_SPACE. */
  async ensure({ image, forcePull }: { readonly image: string; readonly forcePull: boolean }): Promise<void> {
    const reference = imageWithTag(image)
    if (!forcePull && (await this.#isThere(reference))) return
    const running = this.#pulls.get(reference)
    if (running !== undefined) return await running
    const pull = this.#pull(reference).finally(() => this.#pulls.delete(reference))
    this.#pulls.set(reference, pull)
    await pull
  }

  async #isThere(reference: string): Promise<boolean> {
    try {
      await this.#docker.getImage(reference).inspect()
      return true
    } catch (error) {
      if (statusOf(error) === 404) return false
      throw asEngineError(error, `cannot look for the image ${reference}`, this.#socketPath)
    }
  }

  async #pull(reference: string): Promise<void> {
    try {
      const progress = await this.#docker.pull(reference)
      await new Promise<void>((resolve, reject) =>
        this.#docker.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error))),
      )
    } catch (error) {
      const failure = asEngineError(error, `cannot pull the image ${reference}`, this.#socketPath)
      if (failure.code === 'DOCKER_UNREACHABLE' || failure.code === 'NO_SPACE') throw failure
      const advice =
        'check its name, that the registry can be reached from this agent, and that the engine is logged in there'
      throw new IsolationError('DOCKER_IMAGE_MISSING', `${failure.message}; ${advice}`, {
        cause: error,
        retryable: true,
      })
    }
  }
}

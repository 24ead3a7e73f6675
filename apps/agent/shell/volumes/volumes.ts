import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Directories of volumes. One is worked on by one at a time: what was destroyed is gone before it is made anew. */
export class Volumes {
  /** The last work on a directory that is under way. */
  readonly #last = new Map<string, Promise<void>>()

  make(path: string): Promise<void> {
    return this.#next(path, async () => {
      await mkdir(path, { recursive: true })
    })
  }

  /** Removes the data of a volume; the root of a whole disk stays. */
  remove(path: string, { keepRoot }: { readonly keepRoot: boolean }): Promise<void> {
    return this.#next(path, async () => {
      const paths = keepRoot ? (await readdir(path)).map((name) => join(path, name)) : [path]
      for (const one of paths) await rm(one, { recursive: true, force: true })
    })
  }

  /** Resolves when no work on these directories is left; a launch that mounts them waits for it. */
  async settled(paths: readonly string[]): Promise<void> {
    await Promise.allSettled(paths.map((path) => this.#last.get(path)))
  }

  #next(path: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(path) ?? Promise.resolve()
    const done = before.then(work, work)
    this.#last.set(path, done)
    const forget = (): void => {
      if (this.#last.get(path) === done) this.#last.delete(path)
    }
    done.then(forget, forget)
    return done
  }
}

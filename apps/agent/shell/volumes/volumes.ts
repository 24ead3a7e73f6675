import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export async function makeVolume(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
}

/** Removes the data of a volume; the root of a whole disk stays. */
export async function removeVolume(path: string, { keepRoot }: { readonly keepRoot: boolean }): Promise<void> {
  if (!keepRoot) {
    await rm(path, { recursive: true, force: true })
    return
  }
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true })
}

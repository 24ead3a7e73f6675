import type { mesos } from '@thermosphere/protocol'
import { readFile, stat } from 'node:fs/promises'
import { mesosVersion } from '../config.ts'

/** The text of a file of the repository, if this is a clone. */
async function readIfThere(url: URL): Promise<string | undefined> {
  try {
    return (await readFile(url, 'utf8')).trim()
  } catch {
    return undefined // Not a clone, or packed: the version is told without its commit.
  }
}

/** The protocol level and, in a clone, the commit. */
export async function readVersion(): Promise<mesos.VersionInfo> {
  const source = new URL('../main.ts', import.meta.url)
  const built = (await stat(source)).mtimeMs
  const git = new URL('../../../.git/', import.meta.url)
  const head = await readIfThere(new URL('HEAD', git))
  const branch = head?.startsWith('ref: ') ? head.slice('ref: '.length) : undefined
  const sha = branch === undefined ? head : await readIfThere(new URL(branch, git))
  return {
    version: mesosVersion,
    build_date: `${new Date(built).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    build_time: Math.floor(built / 1000),
    build_user: '',
    ...(sha !== undefined && { git_sha: sha }),
    ...(branch !== undefined && { git_branch: branch }),
  }
}

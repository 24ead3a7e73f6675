import type { mesos } from '@thermosphere/protocol'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { mesosVersion } from '../config.ts'
import { readCommit } from './commit.ts'

/** The protocol level and, in a clone, the commit. */
export async function readVersion(): Promise<mesos.VersionInfo> {
  const source = new URL('../main.ts', import.meta.url)
  const built = (await stat(source)).mtimeMs
  const { sha, branch } = await readCommit(fileURLToPath(new URL('../../../.git', import.meta.url)))
  return {
    version: mesosVersion,
    build_date: `${new Date(built).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    build_time: Math.floor(built / 1000),
    build_user: '',
    ...(sha !== undefined && { git_sha: sha }),
    ...(branch !== undefined && { git_branch: branch }),
  }
}

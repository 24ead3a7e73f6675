import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

export type Commit = { readonly sha: string | undefined; readonly branch: string | undefined }

/** The text of a file, if it is there. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    return undefined // Not a clone, or not kept like this.
  }
}

const isDirectory = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** Where git keeps things: `.git` itself, or in a worktree the directory that the file `.git` names. */
async function gitDirectory(path: string): Promise<string | undefined> {
  if (await isDirectory(path)) return path
  const named = /^gitdir: (.+)$/.exec((await textOf(path)) ?? '')?.[1]
  return named === undefined ? undefined : resolve(dirname(path), named)
}

/** What a clone or worktree stands at, of its `.git`; nothing is known of what is neither. */
export async function readCommit(gitPath: string): Promise<Commit> {
  const own = await gitDirectory(gitPath)
  const head = own === undefined ? undefined : await textOf(join(own, 'HEAD'))
  if (own === undefined || head === undefined) return { sha: undefined, branch: undefined }
  const branch = head.startsWith('ref: ') ? head.slice('ref: '.length) : undefined
  if (branch === undefined) return { sha: head, branch }
  const common = resolve(own, (await textOf(join(own, 'commondir'))) ?? '.')
  return { sha: (await textOf(join(common, branch))) ?? (await packedSha(common, branch)), branch }
}

async function packedSha(directory: string, branch: string): Promise<string | undefined> {
  const lines = ((await textOf(join(directory, 'packed-refs'))) ?? '').split('\n')
  return lines.find((line) => line.endsWith(` ${branch}`))?.split(' ')[0]
}

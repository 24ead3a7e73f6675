import { HttpError } from '@thermosphere/service-kit'
import type { Stats } from 'node:fs'
import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveFile } from './file-roots.ts'
import type { FilesContext } from './file-roots.ts'

export type FileInfo = {
  readonly path: string
  readonly nlink: number
  readonly size: number
  readonly mtimeMs: number
  readonly mode: number
  readonly uid: string
  readonly gid: string
}

/** The entries of a directory, under the path that was asked for, sorted. */
export async function listFiles(context: FilesContext, path: string): Promise<FileInfo[]> {
  const resolved = await resolveFile(context, path.replace(/\/+$/, ''))
  if (!(await stat(resolved)).isDirectory()) throw new HttpError(404, '')
  const names = (await readdir(resolved)).toSorted()
  const [users, groups] = await Promise.all([namesOf('/etc/passwd'), namesOf('/etc/group')])
  const infos: FileInfo[] = []
  for (const name of names) {
    const info = await statEntry(join(resolved, name))
    if (info === undefined) continue
    infos.push({
      path: join(path, name),
      nlink: info.nlink,
      size: info.size,
      mtimeMs: info.mtimeMs,
      mode: info.mode,
      uid: users.get(info.uid) ?? String(info.uid),
      gid: groups.get(info.gid) ?? String(info.gid),
    })
  }
  return infos
}

/** Links show what they lead to; dangling ones themselves; what vanished meanwhile is left out. */
async function statEntry(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => lstat(path).catch(() => undefined))
}

async function namesOf(file: string): Promise<Map<number, string>> {
  const text = await readFile(file, 'utf8').catch(() => '')
  // The empty line at the end would name user 0.
  const entries = text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':')]))
  return new Map(entries.map(([name = '', , id = '']) => [Number(id), name] as const))
}

const TYPES: readonly (readonly [number, string])[] = [
  [0o040000, 'd'],
  [0o120000, 'l'],
  [0o140000, 's'],
  [0o060000, 'b'],
  [0o020000, 'c'],
  [0o010000, 'p'],
]

/** `-rw-r--r--`, as ls prints it. */
export function modeText(mode: number): string {
  const type = TYPES.find(([bits]) => (mode & 0o170000) === bits)?.[1] ?? '-'
  const bits = [...'rwxrwxrwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'))
  if (mode & 0o4000) bits[2] = bits[2] === 'x' ? 's' : 'S'
  if (mode & 0o2000) bits[5] = bits[5] === 'x' ? 's' : 'S'
  if (mode & 0o1000) bits[8] = bits[8] === 'x' ? 't' : 'T'
  return type + bits.join('')
}

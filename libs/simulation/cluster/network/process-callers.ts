/** Which process opened a connection, read from /proc: its port's inode among the files of the parts. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { FindCaller } from './network.ts'

const loopbackRow = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} .*/

async function inodeOf(port: number): Promise<string | undefined> {
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n')
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return rows
    .find((row) => loopbackRow.exec(row)?.[1] === hex)
    ?.trim()
    .split(/\s+/)[9]
}

async function holds(pid: number, inode: string): Promise<boolean> {
  try {
    for (const file of await readdir(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')
      if (target === `socket:[${inode}]`) return true
    }
  } catch {
    // It ended meanwhile.
  }
  return false
}

/** `pids` tells the parts that run now. */
export const findAmong =
  (pids: () => ReadonlyMap<string, number>): FindCaller =>
  async (port) => {
    const inode = await inodeOf(port)
    if (inode === undefined) return undefined
    for (const [name, pid] of pids()) if (await holds(pid, inode)) return name
    return undefined
  }

/** Which process opened a connection, read from /proc: the connection's inode among the files of the parts. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { endianness } from 'node:os'
import type { FindCaller } from './network.ts'

/** A row: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`. */
const inodeColumn = 9
/** What changes while it is read may hide rows. */
const readsMax = 3

/** As the kernel prints `127.0.0.1:40000`: `0100007F:9C40`, the address in this machine's byte order. */
function kernelAddress(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = address.split('.').map((byte) => hexOf(byte, 2))
  if (endianness() === 'LE') bytes.reverse()
  return `${bytes.join('')}:${hexOf(port, 4)}`
}

const hexOf = (text: string, width: number): string => Number(text).toString(16).toUpperCase().padStart(width, '0')

async function inodeOf(connection: string): Promise<string | undefined> {
  const addresses = ` ${connection.split(' > ').map(kernelAddress).join(' ')} `
  for (let read = 0; read < readsMax; read++) {
    const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n')
    const row = rows.find((each) => each.includes(addresses))
    if (row !== undefined) return row.trim().split(/\s+/)[inodeColumn]
  }
  return undefined
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
  async (connection) => {
    const inode = await inodeOf(connection)
    if (inode === undefined) return undefined
    for (const [name, pid] of pids()) if (await holds(pid, inode)) return name
    return undefined
  }

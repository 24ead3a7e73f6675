import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'

const MIB = 1_048_576
const GIB_IN_MIB = 1024
const MEM_KEPT_MIB = GIB_IN_MIB
const DISK_KEPT_MIB = 5 * GIB_IN_MIB

/** What `--resources` names is taken as it is; cpus, mem, disk and ports that it leaves out are the machine's. */
export async function detectResources(given: readonly mesos.Resource[], workDir: string): Promise<mesos.Resource[]> {
  const names = new Set(given.map((resource) => resource.name))
  const scalar = (name: string, value: number): mesos.Resource => ({ name, type: 'SCALAR', scalar: { value } })
  const detected: mesos.Resource[] = []
  if (!names.has('cpus')) detected.push(scalar('cpus', availableParallelism()))
  if (!names.has('mem')) detected.push(scalar('mem', usableMemory(Math.floor(totalmem() / MIB))))
  if (!names.has('disk')) detected.push(scalar('disk', await usableDisk(workDir)))
  if (!names.has('ports')) {
    detected.push({ name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 32000 }] } })
  }
  return [...detected, ...given]
}

/** All but a gigabyte for the host, or half of a small machine. */
function usableMemory(totalMib: number): number {
  return totalMib >= 2 * MEM_KEPT_MIB ? totalMib - MEM_KEPT_MIB : Math.floor(totalMib / 2)
}

async function usableDisk(workDir: string): Promise<number> {
  const { blocks, bsize } = await statfs(workDir)
  const totalMib = Math.floor((blocks * bsize) / MIB)
  return totalMib >= 2 * DISK_KEPT_MIB ? totalMib - DISK_KEPT_MIB : Math.floor(totalMib / 2)
}

/** `--resources` as text or JSON, in the order in which it was given. Throws ResourceParseError. */
export function givenResources(text: string | undefined, defaultRole: string): mesos.Resource[] {
  return text === undefined || text.trim() === '' ? [] : Resources.parse(text, { role: defaultRole }).toWire()
}

/** `rack:r1;os:linux`: numbers are scalars, `[a-b]` ranges, the rest text. */
export function parseAttributes(text: string | undefined): mesos.Attribute[] {
  return (text ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseAttribute)
}

function parseAttribute(part: string): mesos.Attribute {
  const colon = part.indexOf(':')
  const name = part.slice(0, colon).trim()
  const value = part.slice(colon + 1).trim()
  if (colon < 1 || value === '') throw new Error(`attribute '${part}' is not name:value`)
  if (/^[+-]?\d+(\.\d+)?$/.test(value)) return { name, type: 'SCALAR', scalar: { value: Number(value) } }
  if (/^\[.*\]$/.test(value)) {
    const range = value
      .slice(1, -1)
      .split(',')
      .map((pair) => pair.trim().split('-').map(Number))
      .map(([begin = 0, end = begin]) => ({ begin, end }))
    return { name, type: 'RANGES', ranges: { range } }
  }
  return { name, type: 'TEXT', text: { value } }
}

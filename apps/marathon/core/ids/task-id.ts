import type { Millis, Random } from '@thermosphere/effects'
import { safeId } from './path-id.ts'

/** What a task id says. `instanceId` is undefined for ids of Marathon before 1.5. */
type ParsedTaskId = { readonly appId: string; readonly instanceId: string; readonly incarnation: number }

const taskPattern = /^(.+)\.(instance-|marathon-)([^_.]+)[._]([^.]+)(\.(\d+))?$/
const oldTaskPattern = /^(.+)([._])([^_.]+)(\.(\d+))?$/
const epochOffsetMs = 12_219_292_800_000n

/** A version 1 UUID whose node and sequence are drawn: instance ids sort by age as Marathon's do. */
function timeUuid(now: Millis, random: Random): string {
  const ticks = (BigInt(Math.trunc(now)) + epochOffsetMs) * 10_000n + BigInt(random.integer(10_000))
  const hex = ticks.toString(16).padStart(15, '0').slice(-15)
  const sequence = ((random.integer(0x4000) & 0x3fff) | 0x8000).toString(16)
  const node = random.bytes(6).toHex()
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${sequence}-${node}`
}

export function newInstanceId(appId: string, now: Millis, random: Random): string {
  return `${safeId(appId)}.instance-${timeUuid(now, random)}`
}

export function taskIdOf(instanceId: string, incarnation: number): string {
  return `${instanceId}._app.${incarnation}`
}

export function parseTaskId(text: string): ParsedTaskId | undefined {
  const current = taskPattern.exec(text)
  if (current)
    return {
      appId: `/${(current[1] ?? '').replaceAll('_', '/')}`,
      instanceId: `${current[1]}.${current[2]}${current[3]}`,
      incarnation: Number(current[6] ?? 1),
    }
  const old = oldTaskPattern.exec(text)
  if (!old || /^(instance|marathon)-/.test(old[3] ?? '')) return undefined
  const incarnation = Number(old[5] ?? 1)
  return { appId: `/${(old[1] ?? '').replaceAll('_', '/')}`, instanceId: `${old[1]}.marathon-${old[3]}`, incarnation }
}

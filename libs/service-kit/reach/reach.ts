/** Where a server listens and where others are told to find it, by Mesos' flags. */
import { execFile } from 'node:child_process'
import { lookupService } from 'node:dns/promises'
import { isIP } from 'node:net'
import { hostname as systemHostname } from 'node:os'
import { promisify } from 'node:util'
import { errorMessage } from '@thermosphere/effects'
import { defineFlags } from '../flags/flags.ts'
import { StartupError } from '../lifecycle/startup-error.ts'
import { REACH_LIMITS } from './limits.ts'

const defaultIp = '127.0.0.1'

/** Besides `ip`, `port` and `hostname`. */
export const reachFlags = defineFlags({
  ip_discovery_command: {
    type: 'string',
    help: 'A command of the shell that prints the address to listen on; instead of ip.',
  },
  advertise_ip: { type: 'string', help: 'The address that others are told, if they cannot use the one listened on.' },
  advertise_port: { type: 'integer', min: 1, max: 65_535, help: 'The port that others are told; without it port.' },
  hostname_lookup: {
    type: 'boolean',
    default: false,
    help: 'Without hostname, whether to ask the name service for the name of the address.',
  },
})

export type ReachConfig = {
  readonly ip: string
  readonly hostname: string | undefined
  readonly ip_discovery_command: string | undefined
  readonly advertise_ip: string | undefined
  readonly advertise_port: number | undefined
  readonly hostname_lookup: boolean
}

/** What the flags contradict each other in. */
export function reachProblems({ ip, ip_discovery_command, advertise_ip }: ReachConfig): string[] {
  const problems: string[] = []
  if (ip_discovery_command !== undefined && ip !== defaultIp)
    problems.push('--ip_discovery_command: --ip says where to listen; leave one of them out')
  if (advertise_ip !== undefined && isIP(advertise_ip) === 0)
    problems.push(`--advertise_ip: must be an IPv4 or IPv6 address, not ${JSON.stringify(advertise_ip)}`)
  return problems
}

const run = promisify(execFile)

/** The address to listen on: the flag's, or what the command prints. */
export async function listeningIp({ ip, ip_discovery_command: command }: ReachConfig): Promise<string> {
  if (command === undefined) return ip
  const found = await discovered(command)
  if (isIP(found) !== 0) return found
  throw new StartupError(`--ip_discovery_command: printed ${JSON.stringify(found)}, which is no IP address`)
}

async function discovered(command: string): Promise<string> {
  try {
    const options = { timeout: REACH_LIMITS.discoveryTimeoutMs, maxBuffer: REACH_LIMITS.discoveryOutputBytesMax }
    const { stdout } = await run('/bin/sh', ['-c', command], options)
    return stdout.trim()
  } catch (cause) {
    const message = errorMessage(cause).split('\n', 1)[0]
    throw new StartupError(`--ip_discovery_command: ${message}`, { cause })
  }
}

export type Reach = { readonly ip: string; readonly port: number; readonly hostname: string }

type Listening = {
  readonly ip: string
  readonly port: number
  /** What to tell when all addresses are listened on. */
  readonly ofAny: string
}

/** What others are told. */
export async function reachOf(config: ReachConfig, { ip, port, ofAny }: Listening): Promise<Reach> {
  const isAny = ip === '0.0.0.0' || ip === '::'
  const told = config.advertise_ip ?? (isAny ? ofAny : ip)
  const reach = { ip: told, port: config.advertise_port ?? port }
  if (config.hostname !== undefined) return { ...reach, hostname: config.hostname }
  if (config.hostname_lookup) return { ...reach, hostname: await nameOf(told, reach.port) }
  return { ...reach, hostname: isAny && config.advertise_ip === undefined ? systemHostname() : told }
}

async function nameOf(ip: string, port: number): Promise<string> {
  try {
    return (await lookupService(ip, port)).hostname
  } catch (cause) {
    throw new StartupError(`--hostname_lookup: ${ip} has no name that can be found; set --hostname`, { cause })
  }
}

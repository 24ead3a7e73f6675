import type { mesos } from '@thermosphere/protocol'
import { isLoopback } from '@thermosphere/service-kit'
import { hostname as hostName, networkInterfaces } from 'node:os'
import { mesosVersion } from '../config.ts'

/** An address others can use when the master listens on all. */
function reachableIp(ip: string): string {
  if (ip !== '0.0.0.0' && ip !== '::') return ip
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1'
}

/** The old integer form: network byte order, read as little endian. */
function ipNumber(ip: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number)
  return ((d << 24) | (c << 16) | (b << 8) | a) >>> 0
}

type Place = {
  readonly id: string
  readonly ip: string
  readonly port: number
  readonly hostname: string | undefined
  readonly domain?: mesos.DomainInfo | undefined
}

/** How this master introduces itself. */
export function masterInfo({ id, ip, port, hostname, domain }: Place): mesos.MasterInfo {
  const address = reachableIp(ip)
  const name = hostname ?? (isLoopback(address) ? address : hostName())
  return {
    id,
    ip: /^\d+(\.\d+){3}$/.test(address) ? ipNumber(address) : 0,
    port,
    pid: `master@${address}:${port}`,
    hostname: name,
    version: mesosVersion,
    address: { hostname: name, ip: address, port },
    ...(domain && { domain }),
    capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
  }
}

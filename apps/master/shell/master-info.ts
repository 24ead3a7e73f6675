import type { mesos } from '@thermosphere/protocol'
import type { Reach } from '@thermosphere/service-kit'
import { networkInterfaces } from 'node:os'
import { mesosVersion } from '../config.ts'

/** An address that others can use when the master listens on all. */
export function reachableIp(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1'
}

/** The old integer form: network byte order, read as little endian. */
function ipNumber(ip: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number)
  return ((d << 24) | (c << 16) | (b << 8) | a) >>> 0
}

type Master = Reach & { readonly id: string; readonly domain?: mesos.DomainInfo | undefined }

/** How this master introduces itself. */
export const masterInfo = ({ id, ip, port, hostname, domain }: Master): mesos.MasterInfo => ({
  id,
  ip: /^\d+(\.\d+){3}$/.test(ip) ? ipNumber(ip) : 0,
  port,
  pid: `master@${ip}:${port}`,
  hostname,
  version: mesosVersion,
  address: { hostname, ip, port },
  ...(domain && { domain }),
  capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
})

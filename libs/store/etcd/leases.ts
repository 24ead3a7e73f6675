/** The three calls about leases. */
import { ETCD_LIMITS } from '../limits.ts'
import type { CallLimits, CallOptions, EtcdConnection, Member } from './connection.ts'
import { LeaseGone } from './etcd-errors.ts'

type OfLease = { readonly lease: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }

/** A lease granted twice, after a lost answer, runs out unused. etcd may grant more than was asked for. */
export async function grantLease(
  connection: EtcdConnection,
  { ttlSeconds, ...limits }: { readonly ttlSeconds: number } & CallLimits,
): Promise<{ lease: string; ttlMs: number }> {
  const { ID, TTL } = await connection.call(
    (member, options) => member.lease.leaseGrant({ TTL: ttlSeconds }, options),
    { isRepeatable: true, ...limits },
  )
  return { lease: ID, ttlMs: Number(TTL) * 1000 }
}

/** Rejects with LeaseGone when it ran out or was revoked. */
export async function keepLeaseOnce(
  connection: EtcdConnection,
  { lease, ...limits }: OfLease & CallLimits,
): Promise<void> {
  await connection.call((member, options) => keepAt(member, { lease, options }), { isRepeatable: true, ...limits })
}

/** Its keys go with it, at once. A lease that is gone already is fine. */
export async function revokeLease(connection: EtcdConnection, { lease, timeoutMs }: OfLease): Promise<void> {
  const attemptTimeoutMs = Math.min(timeoutMs, ETCD_LIMITS.attemptTimeoutMs)
  try {
    await connection.call((member, options) => member.lease.leaseRevoke({ ID: lease }, options), {
      isRepeatable: true,
      timeoutMs,
      attemptTimeoutMs,
    })
  } catch (error) {
    if (!(error instanceof LeaseGone)) throw error
  }
}

async function keepAt(
  member: Member,
  { lease, options }: { readonly lease: string; readonly options: CallOptions },
): Promise<void> {
  const stream = await member.lease.leaseKeepAlive(options)
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    stream.on('data', ({ TTL }) => resolve(TTL))
    stream.on('error', reject)
    stream.on('end', () => reject(new Error('etcd ended the stream of the lease')))
    stream.write({ ID: lease })
    if (Number(await promise) <= 0) throw new LeaseGone()
  } finally {
    // Errors of a cancelled stream concern nobody.
    stream.on('error', () => undefined)
    stream.cancel()
  }
}

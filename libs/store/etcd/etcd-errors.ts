/** What a failure of etcd means: final or worth another attempt, and whether the request may have taken effect. */
import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCInvalidArgumentError,
  GRPCUnauthenticatedError,
} from 'etcd3'
import { StoreError } from '../errors.ts'
import type { StoreErrorCode } from '../errors.ts'

/** The lease that a request names is gone; nothing of the request took effect. */
export class LeaseGone extends Error {
  constructor() {
    super('the lease is gone')
    this.name = 'LeaseGone'
  }
}

export type Failure =
  /** Another attempt says the same. Nothing was applied. */
  | { readonly type: 'final'; readonly error: Error }
  /** Another member or a later attempt may do better. `mayHaveApplied`: a write of it may be, or become, durable. */
  | { readonly type: 'passing'; readonly reason: string; readonly mayHaveApplied: boolean }
  /** The login ran out; a new one may do. Nothing was applied. */
  | { readonly type: 'login'; readonly reason: string }

/** The request never left this process, or etcd refused it before it was proposed. */
const NEVER_APPLIED = [
  'No connection established',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'Channel closed before call started',
  'Name resolution failed',
  'etcdserver: no leader',
  'etcdserver: not capable',
  'etcdserver: too many requests',
  'etcdserver: server stopped',
]
const LOGIN = ['etcdserver: revision of auth store is old', 'etcdserver: invalid auth token']

/** Tells what `thrown` by a call to `endpoint` means. */
export function classify(thrown: unknown, endpoint: string): Failure {
  if (thrown instanceof StoreError) return { type: 'final', error: thrown }
  if (!(thrown instanceof Error)) return { type: 'final', error: new TypeError(`etcd: ${String(thrown)}`) }
  if (thrown instanceof LeaseGone) return { type: 'final', error: thrown }
  if (thrown instanceof EtcdLeaseInvalidError) return { type: 'final', error: new LeaseGone() }
  const reason = `${endpoint}: ${plainMessage(thrown)}`
  if (isAbout(thrown, LOGIN) || thrown instanceof EtcdInvalidAuthTokenError) return { type: 'login', reason }
  const code = finalCode(thrown)
  if (code === undefined) return { type: 'passing', reason, mayHaveApplied: !isAbout(thrown, NEVER_APPLIED) }
  return { type: 'final', error: new StoreError(code, SENTENCES[code](reason), { cause: thrown }) }
}

type FinalCode = Extract<
  StoreErrorCode,
  'STORE_FULL' | 'STORE_CORRUPT' | 'STORE_UNAVAILABLE' | 'STORE_COMPACTED' | 'STORE_ARGUMENT_INVALID'
>

const SENTENCES: Record<FinalCode, (reason: string) => string> = {
  STORE_FULL: (reason) =>
    `etcd has reached its space quota (${reason}); compact and defragment it, then disarm the alarm`,
  STORE_CORRUPT: (reason) => `etcd found its data damaged (${reason}); replace the member or restore a snapshot`,
  STORE_UNAVAILABLE: (reason) => `etcd refuses the store's login or rights (${reason}); check user and password_file`,
  STORE_COMPACTED: (reason) => `the revision asked for is no longer kept (${reason}); list anew`,
  STORE_ARGUMENT_INVALID: (reason) => `etcd refuses the request (${reason})`,
}

function finalCode(error: Error): FinalCode | undefined {
  if (isAbout(error, ['database space exceeded'])) return 'STORE_FULL'
  if (isAbout(error, ['corrupt'])) return 'STORE_CORRUPT'
  if (isAbout(error, ['required revision has been compacted'])) return 'STORE_COMPACTED'
  const isDenied =
    error instanceof EtcdAuthenticationFailedError ||
    error instanceof EtcdPermissionDeniedError ||
    error instanceof GRPCUnauthenticatedError ||
    isAbout(error, ['authentication is not enabled', 'user name is empty', 'permission denied'])
  if (isDenied) return 'STORE_UNAVAILABLE'
  return error instanceof GRPCInvalidArgumentError ? 'STORE_ARGUMENT_INVALID' : undefined
}

const isAbout = (error: Error, texts: readonly string[]): boolean => texts.some((text) => error.message.includes(text))

/** Without what libraries put around the reason: class name, code number, how a name was looked up. */
function plainMessage(error: Error): string {
  return error.message
    .replace(/^(\w+Error: )?(\d+ [A-Z_]+: )?/, '')
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\.? Resolution note: .*$/s, '')
}

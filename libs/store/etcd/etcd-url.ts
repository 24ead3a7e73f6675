/** The address of a store in etcd: `etcd://h1:2379,h2:2379/prefix?ca_file=…`, or `etcds://` for TLS with public CAs. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { errorMessage } from '@thermosphere/effects'
import { z } from 'zod'
import { StoreError } from '../errors.ts'

/** Where etcd is and as whom it is asked. Files are read on each use, so that secrets can be exchanged. */
export type EtcdAddress = {
  readonly endpoints: readonly string[]
  /** Of all keys, without slashes around it. */
  readonly prefix: string
  readonly isSecure: boolean
  readonly caFile: string | undefined
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  readonly user: string | undefined
  readonly passwordFile: string | undefined
}

const ENDPOINTS_MAX = 16
const PREFIX_LENGTH_MAX = 200

const endpointSchema = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:@/[\]]+):\d{1,5}$/, {
  error: ({ input }) => `${JSON.stringify(input)} is no <host>:<port>`,
})

const fileSchema = z.string().min(1, 'is empty').optional()
const parametersSchema = z
  .strictObject({
    ca_file: fileSchema,
    cert_file: fileSchema,
    key_file: fileSchema,
    user: z.string().min(1, 'is empty').optional(),
    password_file: fileSchema,
  })
  .refine((given) => (given.cert_file === undefined) === (given.key_file === undefined), {
    error: 'cert_file and key_file belong together; give both or none',
  })
  .refine((given) => (given.user === undefined) === (given.password_file === undefined), {
    error: 'user and password_file belong together; give both or none',
  })

const addressSchema = z.object({
  scheme: z.enum(['etcd', 'etcds']),
  endpoints: z.array(endpointSchema).min(1).max(ENDPOINTS_MAX, `has more than ${ENDPOINTS_MAX} endpoints`),
  prefix: z
    .string()
    .min(1, 'has no /<prefix> after the endpoints, below which all keys are kept')
    .max(PREFIX_LENGTH_MAX, `has a prefix longer than ${PREFIX_LENGTH_MAX} characters`)
    .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'has a prefix with other characters than letters, digits and ._-/'),
  parameters: parametersSchema,
})

/**
 * Throws STORE_ARGUMENT_INVALID with one sentence on the first mistake.
 * @example parseEtcdUrl('etcd://10.0.0.1:2379,10.0.0.2:2379/thermosphere?ca_file=/etc/etcd/ca.pem')
 */
export function parseEtcdUrl(url: string): EtcdAddress {
  const match = /^(?<scheme>etcds?):\/\/(?<hosts>[^/?#]*)(?<path>[^?#]*)(\?(?<query>[^#]*))?$/.exec(url)
  const { scheme, hosts = '', path = '', query = '' } = match?.groups ?? {}
  if (scheme === undefined || hosts === '') refuse(url, 'is not etcd://<host>:<port>[,<host>:<port>…]/<prefix>')
  if (hosts.includes('@')) refuse(url, 'has a login in it; use ?user=<name>&password_file=<path>')
  const parsed = addressSchema.safeParse({
    scheme,
    endpoints: hosts.split(','),
    prefix: path.replace(/^\/+|\/+$/g, ''),
    parameters: parametersOf(url, query),
  })
  if (!parsed.success) refuse(url, problemOf(parsed.error))
  const { parameters, endpoints, prefix } = parsed.data
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile, user, password_file: passwordFile } = parameters
  const isSecure = scheme === 'etcds' || caFile !== undefined || certFile !== undefined
  const address = isSecure
    ? endpoints.find((endpoint) => isIP(endpoint.replace(/:\d+$/, '').replace(/[[\]]/g, '')))
    : undefined
  // The TLS of Node sends no address as a server name, and the gRPC library knows no other way.
  if (address !== undefined) refuse(url, `${address} is an address; with TLS name the host as its certificate does`)
  return { endpoints, prefix, isSecure, caFile, certFile, keyFile, user, passwordFile }
}

/** Throws STORE_UNAVAILABLE with the file's name when it cannot be read. */
export function readSecret(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const reason = errorMessage(cause)
    throw new StoreError('STORE_UNAVAILABLE', `${what} of the store cannot be read: ${reason}`, { cause })
  }
}

function parametersOf(url: string, query: string): Record<string, string> {
  const parameters = new URLSearchParams(query)
  const names = [...parameters.keys()]
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) refuse(url, `has ${twice} twice`)
  return Object.fromEntries(parameters)
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(parametersSchema.shape).join(', ')
    return `has the unknown parameter ${issue.keys.join(', ')}; known are ${known}`
  }
  const place = issue?.path[0] === 'parameters' && issue.path.length > 1 ? `${String(issue.path[1])} ` : ''
  return `${place}${issue?.message ?? 'is not valid'}`
}

function refuse(url: string, problem: string): never {
  throw new StoreError('STORE_ARGUMENT_INVALID', `the store ${JSON.stringify(url)}: ${problem}`)
}

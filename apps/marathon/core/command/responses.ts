import type { ApiResponse } from '../messages.ts'

/** The answer to a change that began a deployment. */
export function deploymentResult(begun: { readonly deploymentId: string; readonly version: string }): ApiResponse {
  const { deploymentId, version } = begun
  return { status: 200, headers: { 'Marathon-Deployment-Id': deploymentId }, body: { version, deploymentId } }
}

export function notFound(message: string): ApiResponse {
  return { status: 404, body: { message, details: [] } }
}

export function badRequest(message: string): ApiResponse {
  return { status: 400, body: { message } }
}

/** A member that is null counts as absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)]))
}

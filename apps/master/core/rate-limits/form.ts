import { z } from 'zod'

const principalLengthMax = 1024
const limitsMax = 100_000
/** A call that waits holds a few kilobytes. */
const capacityMax = 1_000_000
/** Without a capacity so many calls wait at most: each holds a few kilobytes. */
const capacityDefault = 100_000

const qps = z.number().positive().optional()
const capacity = z.number().int().min(0).max(capacityMax).optional()
const limitSchema = z.strictObject({ principal: z.string().min(1).max(principalLengthMax), qps, capacity })

/** The text of Mesos' `--rate_limits`. */
export const rateLimitsSchema = z
  .strictObject({
    limits: z.array(limitSchema).max(limitsMax).optional(),
    aggregate_default_qps: qps,
    aggregate_default_capacity: capacity,
  })
  .superRefine(({ limits = [] }, context) => {
    const seen = new Set<string>()
    for (const [index, { principal }] of limits.entries()) {
      const path = ['limits', index, 'principal']
      if (seen.has(principal)) context.addIssue({ code: 'custom', message: `names '${principal}' twice`, path })
      seen.add(principal)
    }
  })

export type RateLimitsForm = z.infer<typeof rateLimitsSchema>

export interface RateLimit {
  /** Between two calls. */
  readonly intervalMs: number
  /** So many calls may wait. */
  readonly capacity: number
}

export interface RateLimits {
  /** Without a limit: a principal that is never held back. */
  readonly byPrincipal: ReadonlyMap<string, RateLimit | undefined>
  /** Of all others together. */
  readonly others: RateLimit | undefined
}

const limitOf = (qps: number | undefined, capacity: number | undefined): RateLimit | undefined =>
  qps === undefined ? undefined : { intervalMs: 1000 / qps, capacity: capacity ?? capacityDefault }

export const readRateLimits = (form: RateLimitsForm): RateLimits => ({
  byPrincipal: new Map((form.limits ?? []).map((one) => [one.principal, limitOf(one.qps, one.capacity)])),
  others: limitOf(form.aggregate_default_qps, form.aggregate_default_capacity),
})

import { z } from 'zod'
import { idPattern } from '../ids/index.ts'
import { entriesMax, pathIdCharsMax } from '../limits.ts'

/** A group in a request. Apps are parsed one by one with the app schema. */
export type GroupRequest = {
  readonly id?: string | undefined
  readonly apps?: readonly unknown[] | undefined
  readonly groups?: readonly GroupRequest[] | undefined
  readonly dependencies?: readonly string[] | undefined
  readonly scaleBy?: number | undefined
  readonly version?: string | undefined
  readonly enforceRole?: boolean | undefined
}

export const groupRequestSchema: z.ZodType<GroupRequest> = z.object({
  id: z.string().max(pathIdCharsMax).regex(idPattern).optional(),
  apps: z.array(z.unknown()).max(entriesMax).optional(),
  groups: z.lazy(() => z.array(groupRequestSchema).max(entriesMax)).optional(),
  dependencies: z.array(z.string().max(pathIdCharsMax)).max(entriesMax).optional(),
  scaleBy: z.number().optional(),
  version: z.string().max(pathIdCharsMax).optional(),
  enforceRole: z.boolean().optional(),
})

import { z } from 'zod'

/** A container handle as it comes back from the checkpoint. */
export const handleSchema = z.object({
  containerId: z.string().max(512),
  containerizer: z.enum(['posix', 'linux', 'docker']),
  sandbox: z.string().max(8192),
  pid: z.number().int(),
  startTicks: z.number(),
  launchedAt: z.number(),
  dockerId: z.string().max(512).optional(),
  ipAddress: z.string().max(128).optional(),
})

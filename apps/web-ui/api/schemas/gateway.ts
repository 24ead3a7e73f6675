import { z } from '../zod.ts'

const levelSchema = z.object({
  total: z.number(),
  used: z.number(),
  offered: z.number().optional(),
  reserved: z.number().optional(),
})

const capacitySampleSchema = z.looseObject({
  at: z.union([z.number(), z.string()]).transform((at) => (typeof at === 'number' ? at : Date.parse(at))),
  cpus: levelSchema,
  mem: levelSchema,
  disk: levelSchema,
})
export type CapacitySample = z.infer<typeof capacitySampleSchema>
export const capacitySchema = z.object({ samples: z.array(capacitySampleSchema) })

export const clusterInfoSchema = z.looseObject({
  name: z.string().nullish(),
  version: z.string().nullish(),
  leader: z.string().nullish(),
  isolation: z.union([z.string(), z.looseObject({})]).nullish(),
})

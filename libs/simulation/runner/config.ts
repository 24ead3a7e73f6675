import { parseArgs } from 'node:util'
import { z } from 'zod'

const schema = z
  .strictObject({
    seeds: z.coerce.number().int().min(1).max(10_000_000).optional(),
    from: z.coerce.number().int().min(0).max(4_294_967_295).default(1),
    every: z.coerce.number().int().min(1).max(1_000).default(1),
    seed: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
    trace: z.boolean().default(false),
    minutes: z.coerce.number().positive().max(10_080).optional(),
    mutants: z.boolean().default(false),
    recorded: z.boolean().default(false),
    workers: z.coerce.number().int().min(1).max(64).default(2),
  })
  .refine(({ seed, seeds }) => seed === undefined || seeds === undefined, '--seed and --seeds exclude each other')
  .refine(({ mutants, recorded }) => mutants || !recorded, '--recorded goes with --mutants')

export type RunOptions = z.infer<typeof schema>

export const usage = `npm run simulate -- [--seeds N] [--from S] [--every K] [--minutes M] [--workers W]
npm run simulate -- --seed S [--trace]
npm run simulate -- --mutants [--seeds N | --recorded] [--workers W]

  --seeds N    how many seeds to run (200)
  --from S     the first of them (1)
  --every K    only each Kth from the first on (1): from 1, every 4 are the stateful ones
  --minutes M  run seeds until that much time has passed, instead of a number
  --workers W  processes (2)
  --seed S     one seed; a violation is made as small as possible and its trace printed
  --trace      print the trace of that seed also when all is well
  --mutants    look for bugs that are put in on purpose; exit status 1 if one survives N seeds (60)
  --recorded   look for each at the seed that is known to find it
`

/** Throws with one sentence for each problem. */
export function readOptions(args: readonly string[] = process.argv.slice(2)): RunOptions {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const numbers = { seeds: text, from: text, every: text, seed: text, minutes: text, workers: text }
  const { values } = parseArgs({ args: [...args], options: { ...numbers, trace: flag, mutants: flag, recorded: flag } })
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  throw new Error(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'))
}

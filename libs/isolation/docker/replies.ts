/** The parts of the Docker engine's answers that are used. */
import { z } from 'zod'

const text = z.string().max(4096)
const counter = z.number().nonnegative()

export const inspectSchema = z.object({
  Id: text,
  Config: z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    StopSignal: text.optional(),
    Tty: z.boolean().optional(),
  }),
  HostConfig: z.object({ Memory: z.number().optional() }),
  State: z.object({
    Running: z.boolean(),
    Status: text,
    Pid: z.number().int(),
    ExitCode: z.number().int(),
    OOMKilled: z.boolean().optional(),
    Error: text.optional(),
    StartedAt: text,
  }),
  NetworkSettings: z.object({
    IPAddress: text.optional(),
    Networks: z.record(z.string(), z.object({ IPAddress: text.nullish() })).nullish(),
  }),
})
export type DockerInspect = z.infer<typeof inspectSchema>

export const listSchema = z.array(z.object({ Id: text, Labels: z.record(z.string(), z.string()).nullish() }))

export const statsSchema = z.object({
  cpu_stats: z.object({
    cpu_usage: z.object({ usage_in_kernelmode: counter, usage_in_usermode: counter }),
    throttling_data: z.object({ periods: counter, throttled_periods: counter, throttled_time: counter }).optional(),
  }),
  memory_stats: z.object({
    usage: counter.optional(),
    limit: counter.optional(),
    stats: z.record(z.string(), z.number()).nullish(),
  }),
  pids_stats: z.object({ current: counter.optional() }).optional(),
  networks: z.record(z.string(), z.object({ rx_bytes: counter, tx_bytes: counter })).nullish(),
})
export type DockerStats = z.infer<typeof statsSchema>

export const execInspectSchema = z.object({
  ExitCode: z.number().int().nullish(),
  Running: z.boolean(),
  Pid: z.number().int(),
})

/** The address by which other containers and the host reach it; none in host mode. */
export function ipAddressOf({ NetworkSettings }: DockerInspect): string | undefined {
  const networks = Object.values(NetworkSettings.Networks ?? {}).map((network) => network.IPAddress ?? '')
  return [NetworkSettings.IPAddress ?? '', ...networks].find((address) => address !== '')
}

export const waitSchema = z.object({ StatusCode: z.number().int() })

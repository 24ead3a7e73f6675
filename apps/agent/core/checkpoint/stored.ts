import { fromJsonObject } from '@thermosphere/protocol'
import type { mesos } from '@thermosphere/protocol'
import { z } from 'zod'

/** The values that checkpoint.ts writes. A value that does not parse stops the reader with its key. */
const version = z.literal(1)
const wire = z.unknown()

export const storedSchemas = {
  agent: z.object({
    v: version,
    agent_id: z.string().max(512),
    hostname: z.string().max(512),
    resources: z.array(wire).max(100_000),
    attributes: z.array(wire).max(100_000),
    port: z.number().optional(),
    domain: wire.optional(),
  }),
  boot: z.object({ v: version, boot_id: z.string().max(256) }),
  resources: z.object({ v: version, resources: z.array(wire).max(100_000) }),
  drain: z.object({ v: version, config: wire, started_at: z.number().optional() }),
  framework: z.object({ v: version, info: wire }),
  executor: z.object({
    v: version,
    kind: z.enum(['command', 'group', 'custom']),
    info: wire,
    container_id: z.string().max(512),
    directory: z.string().max(8192),
    created_at: z.number(),
    registered: z.boolean(),
    driver_pid: z.string().max(8192).optional(),
  }),
  task: z.object({
    v: version,
    info: wire,
    group_id: z.string().max(512).optional(),
    container_id: z.string().max(512).optional(),
  }),
  container: z.object({
    v: version,
    task_id: z.string().max(512).optional(),
    pid: z.number(),
    ip_address: z.string().max(128).optional(),
    started_at: z.number(),
    handle: wire,
  }),
  kill: z.object({
    v: version,
    cause: z.enum(['request', 'health', 'max-completion', 'group', 'shutdown', 'preemption']),
    since: z.number(),
    grace_ms: z.number(),
  }),
  update: z.object({ v: version, executor_id: z.string().max(512), status: wire }),
  ack: z.object({ v: version, up_to: z.number() }),
  completed: z.object({
    v: version,
    kind: z.enum(['command', 'group', 'custom']),
    info: wire,
    directory: z.string().max(8192),
    tasks: z.array(wire).max(100_000),
  }),
  operator: z.object({
    v: version,
    id: wire,
    // As deep as they may be nested, with ids as long as they may be.
    sandbox: z.string().max(65_536),
    inheritance: z.object({
      processKey: z.string().max(512).optional(),
      environment: z.record(z.string().max(4096), z.string().max(1024 * 1024)),
      user: z.string().max(256).optional(),
      directory: z.string().max(65_536),
      rootDirectory: z.string().max(8192),
      isCheckpointed: z.boolean(),
    }),
    resources: z.array(wire).max(100_000),
    pid: z.number().optional(),
    handle: wire.optional(),
    end: z
      .object({
        exitCode: z.number().optional(),
        signal: z.number().optional(),
        limitation: z.object({ resource: z.string().max(64), message: z.string().max(1024 * 1024) }).optional(),
        message: z
          .string()
          .max(1024 * 1024)
          .optional(),
      })
      .optional(),
  }),
  operation: z.object({ v: version, framework_id: z.string().max(512).optional(), operation: wire, status: wire }),
} as const

export type StoredArea = keyof typeof storedSchemas

/** A checkpoint that cannot be read. Nothing is guessed: the operator decides. */
export class CheckpointInvalid extends Error {
  readonly code = 'AGENT_CHECKPOINT_INVALID'
  readonly retryable = false
  readonly key: string

  constructor(key: string, cause: unknown) {
    const why = typeof cause === 'string' ? `: ${cause}` : ''
    super(
      `the entry ${key} of the checkpoint meta/agent.journal cannot be read${why}; restore the work directory from a ` +
        'backup, or start with --strict=false to go on without the entry and whatever belongs to it',
      { cause },
    )
    this.name = 'CheckpointInvalid'
    this.key = key
  }
}

type Stored<A extends StoredArea> = z.infer<(typeof storedSchemas)[A]>
type Item<A extends StoredArea> = { readonly path: readonly string[]; readonly key: string; readonly value: Stored<A> }

/** The stored values by area and path (`executor` -> `fid/eid` -> value). */
export class StoredEntries {
  readonly #entries: ReadonlyMap<string, string>
  readonly #byArea = new Map<string, string[]>()
  readonly #strict: boolean
  readonly #unreadable = new Map<string, CheckpointInvalid>()

  constructor(entries: ReadonlyMap<string, string>, { strict }: { readonly strict: boolean }) {
    this.#entries = entries
    this.#strict = strict
    for (const key of entries.keys()) {
      const area = key.split('/', 1)[0] ?? key
      const keys = this.#byArea.get(area)
      if (keys === undefined) this.#byArea.set(area, [key])
      else keys.push(key)
    }
  }

  /** `undefined` when it is absent or, without `strict`, cannot be read. */
  get<A extends StoredArea>(area: A, key: string): Stored<A> | undefined {
    const raw = this.#entries.get(key)
    if (raw === undefined) return undefined
    return this.attempt(() => {
      try {
        const schema: z.ZodType = storedSchemas[area]
        return schema.parse(JSON.parse(raw)) as Stored<A>
      } catch (cause) {
        throw new CheckpointInvalid(key, cause)
      }
    })
  }

  /** Reads everything of an area in key order, with the parts of its path. */
  each<A extends StoredArea>(area: A, read: (item: Item<A>) => void): void {
    for (const key of (this.#byArea.get(area) ?? []).toSorted()) {
      const value = this.get(area, key)
      if (value !== undefined) this.attempt(() => read({ path: key.split('/').slice(1), key, value }))
    }
  }

  /** What cannot be read stops a strict agent; another remembers it and goes on. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (this.#strict || !(error instanceof CheckpointInvalid)) throw error
      this.#unreadable.set(error.key, error)
      return undefined
    }
  }

  leftOut(): { readonly problems: readonly string[]; readonly dropped: readonly string[] } {
    const problems = [...this.#unreadable.values()].map(({ message }) => message.split(';', 1)[0] ?? message)
    return { problems, dropped: [...this.#unreadable.keys()] }
  }
}

/** A wire object inside a stored value. */
export function storedWire<T>(key: string, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new CheckpointInvalid(key, cause)
  }
}

export function storedTaskInfo(key: string, value: unknown): mesos.TaskInfo {
  return storedWire(key, () => fromJsonObject('mesos.v1.TaskInfo', value))
}

import type { z } from 'zod'
import { parseBytes, parseDuration } from './values.ts'

type Common = {
  /** One sentence for `--help`. */
  readonly help: string
  /** Shown in `--help` after the type, e.g. `ms`. */
  readonly unit?: string
  /** Refused when absent everywhere. */
  readonly required?: boolean
  /** Other accepted spellings, each without `--`. */
  readonly aliases?: readonly string[]
  /** Left out of `/flags` and shown as `<secret>` in problems. */
  readonly secret?: boolean
}
type Range = { readonly min?: number; readonly max?: number }
type StringFlag = Common & {
  readonly type: 'string'
  readonly default?: string
  readonly choices?: readonly string[]
  readonly pattern?: RegExp
}
type NumberFlag = Common & Range & { readonly type: 'integer' | 'number'; readonly default?: number }
type BooleanFlag = Common & { readonly type: 'boolean'; readonly default?: boolean }
/** Text default; parsed to milliseconds. `min` and `max` are milliseconds. */
type DurationFlag = Common & Range & { readonly type: 'duration'; readonly default?: string }
/** Text default; parsed to bytes. `min` and `max` are bytes. */
type BytesFlag = Common & Range & { readonly type: 'bytes'; readonly default?: string }
/** Comma separated. */
type ListFlag = Common & {
  readonly type: 'list'
  readonly default?: readonly string[]
  readonly choices?: readonly string[]
}
/** JSON text, `file:///path`, or an absolute path of a JSON file. */
type JsonFlag = Common & { readonly type: 'json'; readonly schema: z.ZodType; readonly default?: unknown }
/** A file system path; a leading `file://` is dropped. */
type PathFlag = Common & { readonly type: 'path'; readonly default?: string }

/** One flag of a program. */
export type Flag = StringFlag | NumberFlag | BooleanFlag | DurationFlag | BytesFlag | ListFlag | JsonFlag | PathFlag

/** Flags by name; the name is the original's where it means the same. */
export type Flags = Readonly<Record<string, Flag>>

type ValueOf<F extends Flag> = F extends { type: 'string'; choices: readonly (infer C)[] }
  ? C
  : F extends { type: 'string' | 'path' }
    ? string
    : F extends { type: 'integer' | 'number' | 'duration' | 'bytes' }
      ? number
      : F extends { type: 'boolean' }
        ? boolean
        : F extends { type: 'list'; choices: readonly (infer C)[] }
          ? readonly C[]
          : F extends { type: 'list' }
            ? readonly string[]
            : F extends { type: 'json'; schema: z.ZodType<infer T> }
              ? T
              : never

type IsPresent<F extends Flag> = F extends { default: NonNullable<unknown> | null } | { required: true } ? true : false

/** The parsed configuration: durations in ms, sizes in bytes; undefined without value, default and `required`. */
export type ConfigOf<F extends Flags> = {
  readonly [K in keyof F]: IsPresent<F[K]> extends true ? ValueOf<F[K]> : ValueOf<F[K]> | undefined
}

/** Keeps the literal types of `flags`, and checks at load that each default is in its own range. */
export function defineFlags<const F extends Flags>(flags: F): F {
  for (const [name, flag] of Object.entries(flags)) assertDefault(name, flag)
  return flags
}

function assertDefault(name: string, flag: Flag): void {
  const broken = (why: string): never => {
    throw new TypeError(`flag ${name}: ${why}`)
  }
  if (flag.default === undefined) return
  if (flag.type === 'duration' && parseDuration(flag.default) === undefined) broken('the default is not a duration')
  if (flag.type === 'bytes' && parseBytes(flag.default) === undefined) broken('the default is not a size')
  const value = defaultValue(flag)
  if (typeof value !== 'number' || !('min' in flag || 'max' in flag)) return
  if (value < (flag.min ?? -Infinity) || value > (flag.max ?? Infinity)) broken('the default is out of range')
}

/** The default in its parsed form. */
export function defaultValue(flag: Flag): unknown {
  if (flag.default === undefined) return undefined
  if (flag.type === 'duration') return parseDuration(flag.default)
  if (flag.type === 'bytes') return parseBytes(flag.default)
  return flag.default
}

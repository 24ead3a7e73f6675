/**
 * How the original reads request JSON: nothing is refused for its type, everything is read as what is wanted.
 * Clients post numbers as names and strings as numbers, so these readings are part of the contract.
 */
import { z } from 'zod'

const toText = (value: unknown): string => {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

const toNumber = (value: unknown): number => {
  if (typeof value === 'boolean') return value ? 1 : 0
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : 0
  return Number.isFinite(number) ? number : 0
}

const toBoolean = (value: unknown): boolean => {
  if (typeof value === 'string') return value === 'true'
  return typeof value === 'boolean' ? value : typeof value === 'number' && value !== 0
}

/** Null and absent are the same. */
const orDefault = <T>(read: (value: unknown) => T, fallback: T) =>
  z
    .unknown()
    .optional()
    .transform((value) => (value === undefined || value === null ? fallback : read(value)))

export const text = (fallback = '') => orDefault(toText, fallback)
export const double = (fallback = 0) => orDefault(toNumber, fallback)
export const integer = (fallback = 0) => orDefault((value) => Math.trunc(toNumber(value)), fallback)
export const boolean = (fallback = false) => orDefault(toBoolean, fallback)
/** Anything that is no array is an empty one. */
export const list = <S extends z.ZodType>(item: S, lengthMax: number) =>
  z.preprocess((value) => (Array.isArray(value) ? value : []), z.array(item).max(lengthMax))

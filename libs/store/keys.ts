import { StoreError } from './errors.ts'
import { STORE_LIMITS } from './limits.ts'
import type { Operation } from './store.ts'

// The end of a prefix's range is the prefix and the last code point, so no key may contain that one.
const LAST_CODE_POINT = '\u{10FFFF}'
const FORBIDDEN = /[\u0000-\u001f\u007f\u{10FFFF}]/u

/** The first text after every key that starts with `prefix`. */
export const prefixEnd = (prefix: string): string => prefix + LAST_CODE_POINT

/** Throws STORE_ARGUMENT_INVALID unless `key` may be stored. */
export function checkKey(key: string): void {
  if (key === '') throw new StoreError('STORE_ARGUMENT_INVALID', 'a store key may not be empty')
  checkPrefix(key)
}

/** Like a key, but may be empty. */
export function checkPrefix(prefix: string): void {
  const shown = JSON.stringify(prefix.slice(0, 80))
  if (Buffer.byteLength(prefix) > STORE_LIMITS.keyBytesMax) {
    throw new StoreError(
      'STORE_ARGUMENT_INVALID',
      `store key ${shown} is longer than ${STORE_LIMITS.keyBytesMax} bytes`,
    )
  }
  if (FORBIDDEN.test(prefix) || !prefix.isWellFormed()) {
    throw new StoreError('STORE_ARGUMENT_INVALID', `store key ${shown} has a character that keys may not have`)
  }
}

/** Checks keys and sizes of one operation. */
export function checkOperation(operation: Operation): void {
  if (operation.type === 'delete-prefix') {
    checkPrefix(operation.prefix)
    return
  }
  checkKey(operation.key)
  if (operation.type === 'delete') return
  const bytes = Buffer.byteLength(operation.value)
  if (bytes > STORE_LIMITS.valueBytesMax) {
    const text = `the value of ${operation.key} has ${bytes} bytes; at most ${STORE_LIMITS.valueBytesMax} are allowed`
    throw new StoreError('STORE_ARGUMENT_INVALID', text)
  }
  if (!operation.value.isWellFormed()) {
    throw new StoreError('STORE_ARGUMENT_INVALID', `the value of ${operation.key} is not well-formed Unicode`)
  }
}

/** The order of UTF-8 bytes, which is the order of code points, and not JavaScript's of UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
const surrogatesLast = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

import { isDeepStrictEqual } from 'node:util'

export type StoredEntry = { readonly key: string; readonly value: string }

/** What one side has and the other has not, or has otherwise. Members that are undefined count as absent. */
export function differences(known: ReadonlyMap<string, unknown>, stored: ReadonlyMap<string, unknown>): string[] {
  const names = new Set([...known.keys(), ...stored.keys()])
  return [...names].flatMap((name) => {
    const [left, right] = [plain(known.get(name)), plain(stored.get(name))]
    return isDeepStrictEqual(left, right) ? [] : [`knows ${name} as ${text(left)}, stored is ${text(right)}`]
  })
}

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

export { formatTimestamp, parseTimestamp } from './timestamp.ts'
export { isDeepStrictEqualTo } from './equal.ts'

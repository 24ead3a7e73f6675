export { formatResource } from './format.ts'
export { isReserved, isStrictSubrole, reservationRole } from './item.ts'
export type { Item, Meta } from './item.ts'
export { operationConversions, withoutVolume } from './operations.ts'
export type { Conversion } from './operations.ts'
export { ResourceParseError } from './parse.ts'
export { addQuantities, containsQuantities, subtractQuantities } from './quantities.ts'
export type { Quantities } from './quantities.ts'
export {
  addRanges,
  containsRanges,
  formatRanges,
  intersectRanges,
  normalizeRanges,
  rangePairs,
  rangesSize,
  subtractRanges,
} from './ranges.ts'
export type { Ranges } from './ranges.ts'
export { Resources } from './resources.ts'
export type { ApplyResult } from './resources.ts'
export { roleAncestors, topLevelRole, validateRole } from './roles.ts'
export { formatMilli, fromMilli, toMilli } from './scalar.ts'
export type { Milli } from './scalar.ts'
export { validateResource, validateResources } from './validate.ts'
export { rangesFromWire, toEndpointFormat, toPostRefinement, toPreRefinement } from './wire.ts'

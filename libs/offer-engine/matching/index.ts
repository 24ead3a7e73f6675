export { unfulfilledConstraints } from './constraints.ts'
export { attributeText, offerPlacement } from './field-values.ts'
export { matchOffer, packOffer } from './match.ts'
export type { Packing } from './match.ts'
export { OfferPool } from './offer-pool.ts'
export { refusalReasons } from './types.ts'
export type {
  ConstraintOperator,
  Demand,
  Match,
  MatchContext,
  MatchResult,
  Placement,
  PlacementConstraint,
  Refusal,
  RefusalReason,
} from './types.ts'

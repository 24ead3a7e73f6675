export type { AnswerOptions, Offer } from './offer.ts'
export { OfferPool } from './offer-pool.ts'
export type { Command, ExecutorSpec, TaskSpec } from './task-spec.ts'
export type { Needs } from './needs.ts'

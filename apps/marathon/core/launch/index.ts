export { delayedUntil, noteDemand } from '../backoff.ts'
export { onOffers, onTokensTimer, processHeldOffers, tokensTimer } from './offers.ts'
export { frameworkInfo, onReviveTimer, resetDemand, updateDemand } from './subscription.ts'

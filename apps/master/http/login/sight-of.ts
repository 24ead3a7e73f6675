import { Sight } from '@thermosphere/master-core'
import type { Action } from '@thermosphere/protocol/acls'
import { plainStatus, sendText } from '../answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import type { MasterContext } from '../context.ts'

/** What the one who asks may see. */
export const sightOf = (
  { masterOrBlank }: Pick<MasterContext, 'masterOrBlank'>,
  { principal }: Pick<Exchange, 'principal'>,
): Sight => new Sight(masterOrBlank().config.acls, principal)

/** What an endpoint as a whole is guarded by. */
export type Guard = readonly [action: Action, object?: string]

/** 403 for those who may not. */
export const guarded =
  (context: Pick<MasterContext, 'masterOrBlank'>, guard: Guard, handler: Handler): Handler =>
  (exchange) => {
    if (sightOf(context, exchange).may(...guard)) return handler(exchange)
    sendText(exchange.response, 403, plainStatus(403))
  }

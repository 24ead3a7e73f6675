/** 405 with `Allow` where a path is known and the method is not. */
import { HttpError } from '@thermosphere/service-kit'
import type { Router } from 'express'

/** Call it after all routes of the router are there. */
export function refuseOtherMethods(router: Router): void {
  const known = new Map<string, Set<string>>()
  for (const { route } of router.stack) {
    if (route === undefined) continue
    for (const path of [route.path].flat()) {
      const methods = known.get(path) ?? new Set()
      for (const { method } of route.stack) methods.add(method.toUpperCase())
      known.set(path, methods)
    }
  }
  for (const [path, methods] of known) {
    const allowed = [...methods, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ')
    router.all(path, (request) => {
      const message = `${request.method} is not allowed here; allowed: ${allowed}`
      throw new HttpError(405, message, { headers: { Allow: allowed } })
    })
  }
}

/** The dashboard's built files; a path that is none of them is a page of it and gets index.html. */
import { HttpError } from '@thermosphere/service-kit'
import express, { Router } from 'express'
import { existsSync } from 'node:fs'

const headers = {
  // Mantine sets style attributes; everything else comes from the built files of this origin.
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
}

export function dashboardRoutes(folder: string): Router {
  const router = Router()
  router.use((_request, response, next) => {
    response.set(headers)
    next()
  })
  // Their names carry a hash of what is in them.
  router.use('/assets', express.static(`${folder}/assets`, { immutable: true, maxAge: '1y', fallthrough: true }))
  router.use('/assets', () => {
    throw new HttpError(404, 'this file belongs to another build of the dashboard; reload the page')
  })
  router.use(express.static(folder, { index: false, cacheControl: false }))
  router.get(/.*/, (request, response, next) => {
    if (!request.accepts('html')) return next()
    if (!existsSync(`${folder}/index.html`)) {
      throw new HttpError(503, `the dashboard is not built: no index.html in ${folder}`)
    }
    response.set('Cache-Control', 'no-cache')
    response.sendFile('index.html', { root: folder })
  })
  return router
}

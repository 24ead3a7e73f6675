/** `/v2/apps`: the id may have any number of segments, sub-resources are known by the end of the path. */
import {
  appsWithin,
  encodeApp,
  formatTimestamp,
  parseAppEmbeds,
  parseTimestamp,
  tasksOf,
} from '@thermosphere/marathon-core'
import type { App } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { filteredApps, listEmbeds, viewer } from './app-list.ts'
import { byMethod, notFound, run } from './answer.ts'
import type { HttpContext } from './context.ts'
import { auditOf, flagOf, jsonOf, listOf, pathIdOf, segmentsOf } from './request.ts'
import { acceptsPlainText, plainTasks } from './plain-tasks.ts'

export function appsRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    const segments = segmentsOf(request)
    const last = segments.at(-1)
    const handler =
      segments.length === 0
        ? collection(context)
        : last === 'restart' && request.method === 'POST'
          ? restart(context, pathIdOf(segments.slice(0, -1)))
          : last === 'tasks' || segments.at(-2) === 'tasks'
            ? tasks(context, segments)
            : last === 'versions' || segments.at(-2) === 'versions'
              ? versions(context, segments)
              : last === '*'
                ? wildcard(context, pathIdOf(segments.slice(0, -1)))
                : single(context, pathIdOf(segments))
    await handler(request, response, next)
  }
}

function collection(context: HttpContext): RequestHandler {
  const { state } = context
  const updateMany =
    (mayCreate: boolean) =>
    async (request: Request, response: Response): Promise<void> =>
      run(context, response, {
        type: 'update-apps',
        base: '/',
        body: await jsonOf(request),
        force: flagOf(request, 'force'),
        partial: flagOf(request, 'partialUpdate', true),
        mayCreate,
        audit: auditOf(request),
      })
  return byMethod({
    GET: (request, response) => {
      response.json({ apps: filteredApps(state, request).map(viewer(context, listEmbeds(request))) })
    },
    POST: create(context),
    PUT: updateMany(true),
    PATCH: updateMany(false),
  })
}

const create =
  (context: HttpContext) =>
  async (request: Request, response: Response): Promise<void> =>
    run(context, response, {
      type: 'create-app',
      body: await jsonOf(request),
      force: flagOf(request, 'force'),
      audit: auditOf(request),
    })

function appOrThrow(context: HttpContext, id: string): App {
  const app = context.state.root.apps.get(id)
  if (app === undefined) throw notFound(`App '${id}' does not exist`)
  return app
}

function single(context: HttpContext, id: string): RequestHandler {
  const update =
    (how: { partial?: boolean; mayCreate: boolean }) =>
    async (request: Request, response: Response): Promise<void> =>
      run(context, response, {
        type: 'update-app',
        id,
        body: await jsonOf(request),
        force: flagOf(request, 'force'),
        partial: how.partial ?? flagOf(request, 'partialUpdate', true),
        mayCreate: how.mayCreate,
        audit: auditOf(request),
      })
  return byMethod({
    GET: (request, response) => {
      const embeds = parseAppEmbeds(listOf(request, 'embed'), ['counts', 'tasks', 'lastTaskFailure', 'deployments'])
      response.json({ app: viewer(context, embeds)(appOrThrow(context, id)) })
    },
    PUT: update({ mayCreate: true }),
    PATCH: update({ partial: true, mayCreate: false }),
    // Some clients post to the id instead of the collection.
    POST: create(context),
    DELETE: (request, response) =>
      run(context, response, { type: 'delete-app', id, force: flagOf(request, 'force', true) }),
  })
}

function restart(context: HttpContext, id: string): RequestHandler {
  return (request, response) => run(context, response, { type: 'restart-app', id, force: flagOf(request, 'force') })
}

function groupApps(context: HttpContext, group: string): App[] {
  if (!context.state.root.groups.has(group)) throw notFound(`Group '${group}' does not exist`)
  return appsWithin(context.state.root, group)
}

function wildcard(context: HttpContext, group: string): RequestHandler {
  return byMethod({
    GET: (request, response) => {
      const embeds = parseAppEmbeds(listOf(request, 'embed'), ['counts', 'tasks', 'lastTaskFailure', 'deployments'])
      response.json({ '*': groupApps(context, group).map(viewer(context, embeds)) })
    },
  })
}

function tasks(context: HttpContext, segments: readonly string[]): RequestHandler {
  const isCollection = segments.at(-1) === 'tasks'
  const owner = isCollection ? segments.slice(0, -1) : segments.slice(0, -2)
  const taskId = isCollection ? undefined : segments.at(-1)
  const isWildcard = owner.at(-1) === '*'
  const appId = pathIdOf(isWildcard ? owner.slice(0, -1) : owner)
  return byMethod({
    GET: (request, response) => {
      const apps = isWildcard ? groupApps(context, appId) : [appOrThrow(context, appId)]
      if (acceptsPlainText(request)) plainTasks(context, response, apps)
      else response.json({ tasks: apps.flatMap((app) => tasksOf(context.state, app.id)) })
    },
    DELETE: (request, response) => {
      const [host] = listOf(request, 'host')
      return run(context, response, { type: 'kill-app-tasks', appId, host, taskId, options: killOptions(request) })
    },
  })
}

export function killOptions(request: Request) {
  return { scale: flagOf(request, 'scale'), wipe: flagOf(request, 'wipe'), force: flagOf(request, 'force') }
}

function versions(context: HttpContext, segments: readonly string[]): RequestHandler {
  const isCollection = segments.at(-1) === 'versions'
  const id = pathIdOf(isCollection ? segments.slice(0, -1) : segments.slice(0, -2))
  return byMethod({
    GET: (_request, response) => {
      appOrThrow(context, id)
      const known = context.state.appVersions.get(id) ?? []
      if (isCollection) response.json({ versions: known.map(({ version }) => version).reverse() })
      else response.json(encodeApp(versionOrThrow(known, id, segments.at(-1) ?? '')))
    },
  })
}

function versionOrThrow(known: readonly App[], id: string, text: string): App {
  const at = parseTimestamp(text)
  if (at === undefined) throw new HttpError(422, `Invalid format: "${text}"`)
  const app = known.find(({ version }) => version === formatTimestamp(at))
  if (app === undefined) throw notFound(`App '${id}' does not exist in version ${text}`)
  return app
}

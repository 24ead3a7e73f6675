/** `/v2/groups`. */
import {
  appsWithin,
  encodeApp,
  formatTimestamp,
  groupView,
  parseAppEmbeds,
  parseGroupParts,
  parseTimestamp,
} from '@thermosphere/marathon-core'
import type { App, RootGroup } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { viewer } from './app-list.ts'
import { byMethod, notFound, run } from './answer.ts'
import type { HttpContext } from './context.ts'
import { flagOf, jsonOf, listOf, pathIdOf, segmentsOf } from './request.ts'

export function groupsRoute(context: HttpContext): RequestHandler {
  return async (request, response, next) => {
    const segments = segmentsOf(request)
    const last = segments.at(-1)
    const handler =
      last === 'versions' || segments.at(-2) === 'versions'
        ? versions(context, segments)
        : last === 'apps' && request.method === 'GET'
          ? apps(context, pathIdOf(segments.slice(0, -1)))
          : group(context, pathIdOf(segments))
    await handler(request, response, next)
  }
}

function group(context: HttpContext, id: string): RequestHandler {
  return byMethod({
    GET: (request, response) => {
      const view = viewOf(context, request, id)
      if (view === undefined) throw notFound(`Group '${id}' does not exist`)
      response.json(view)
    },
    POST: async (request, response) =>
      run(context, response, {
        type: 'create-group',
        id,
        body: await jsonOf(request),
        force: flagOf(request, 'force'),
      }),
    PUT: (request, response) => update(context, id, { request, response }),
    PATCH: async (request, response) =>
      run(context, response, { type: 'patch-group', id, body: await jsonOf(request) }),
    DELETE: (request, response) =>
      run(context, response, { type: 'delete-group', id, force: flagOf(request, 'force') }),
  })
}

type Exchange = { readonly request: Request; readonly response: Response }

async function update(context: HttpContext, id: string, { request, response }: Exchange): Promise<void> {
  const body = await jsonOf(request)
  const force = flagOf(request, 'force')
  await run(context, response, { type: 'update-group', id, body, force, dryRun: flagOf(request, 'dryRun') })
}

function viewOf(context: HttpContext, request: Request, id: string) {
  const embeds = listOf(request, 'embed')
  const appEmbeds = parseAppEmbeds(
    embeds.filter((embed) => embed.startsWith('group.apps.')),
    [],
  )
  return groupView(context.state.root, id, { ...parseGroupParts(embeds), appView: viewer(context, appEmbeds) })
}

function apps(context: HttpContext, id: string): RequestHandler {
  return byMethod({
    GET: (request, response) => {
      if (!context.state.root.groups.has(id)) throw notFound(`Group '${id}' does not exist`)
      const embeds = parseAppEmbeds(listOf(request, 'embed'), [])
      response.json(appsWithin(context.state.root, id).map(viewer(context, embeds)))
    },
  })
}

function versions(context: HttpContext, segments: readonly string[]): RequestHandler {
  const isCollection = segments.at(-1) === 'versions'
  const id = pathIdOf(isCollection ? segments.slice(0, -1) : segments.slice(0, -2))
  return byMethod({
    GET: (_request, response) => {
      if (isCollection) response.json(versionsOf(context, id))
      else response.json(versionView(context, id, segments.at(-1) ?? ''))
    },
  })
}

function versionsOf({ state }: HttpContext, id: string): string[] {
  if (!state.root.groups.has(id)) throw notFound(`Group '${id}' does not exist`)
  const holding = state.rootVersions.filter(({ groups }) => groups.some((candidate) => candidate.id === id))
  return holding.map(({ version }) => version).reverse()
}

function versionView({ state }: HttpContext, id: string, text: string) {
  const at = parseTimestamp(text)
  if (at === undefined) throw new HttpError(422, `Invalid format: "${text}"`)
  const record = state.rootVersions.find(({ version }) => version === formatTimestamp(at))
  const apps = new Map<string, App>()
  for (const [appId, version] of record?.apps ?? []) {
    const app = state.appVersions.get(appId)?.find((candidate) => candidate.version === version)
    if (app !== undefined) apps.set(appId, app)
  }
  const groups = new Map(record?.groups.map((candidate) => [candidate.id, candidate]))
  const root: RootGroup = { version: record?.version ?? '', groups, apps }
  const view = groupView(root, id, { groups: true, apps: true, pods: true, appView: encodeApp })
  if (view === undefined) throw notFound(`Group '${id}' does not exist in version ${text}`)
  return view
}

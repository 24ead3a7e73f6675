/** Which apps a list request means. */
import { appViewAt, parseAppEmbeds, parseLabelSelector } from '@thermosphere/marathon-core'
import type { App, AppEmbeds, MarathonState } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { Request } from 'express'
import type { HttpContext } from './context.ts'
import { listOf, textOf } from './request.ts'

export function viewer({ state, shell }: HttpContext, embeds: AppEmbeds): (app: App) => unknown {
  const now = shell.now()
  return (app) => appViewAt(state, app, { embeds, now })
}

export function listEmbeds(request: Request): AppEmbeds {
  return parseAppEmbeds(listOf(request, 'embed'), ['counts', 'deployments'])
}

/** Filters by `cmd`, `id` and `label`. */
export function filteredApps(state: MarathonState, request: Request): App[] {
  const cmd = textOf(request, 'cmd')?.toLowerCase()
  const id = textOf(request, 'id')?.toLowerCase()
  const label = textOf(request, 'label')
  const selected = label === undefined ? undefined : parseLabelSelector(label)
  if (selected !== undefined && 'error' in selected) throw new HttpError(422, selected.error)
  return [...state.root.apps.values()].filter(
    (app) =>
      (cmd === undefined || (app.cmd ?? '').toLowerCase().includes(cmd)) &&
      (id === undefined || app.id.toLowerCase().includes(id)) &&
      (selected === undefined || selected.selector(app.labels)),
  )
}

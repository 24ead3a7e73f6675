/** The endpoint list of old load balancers: one line per app and service port. Opt-in. */
import { placementOf, servicePorts } from '@thermosphere/marathon-core'
import type { App, Placed } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { Request, Response } from 'express'
import type { HttpContext } from './context.ts'

export function acceptsPlainText(request: Request): boolean {
  return request.headers.accept !== undefined && request.accepts(['json', 'text/plain']) === 'text/plain'
}

export function plainTasks(context: HttpContext, response: Response, apps: readonly App[]): void {
  if (!context.config.deprecated_features.includes('text_plain_tasks')) throw new HttpError(406, 'Not Acceptable')
  response.type('text/plain').send(apps.map((app) => linesOf(app, runningOf(context, app))).join(''))
}

function runningOf(context: HttpContext, app: App): Placed[] {
  return context.state.instances
    .of(app.id)
    .map(placementOf)
    .filter((placed) => placed !== undefined)
    .filter(({ condition }) => condition === 'Running')
}

function linesOf(app: App, placed: readonly Placed[]): string {
  const name = app.id
    .split('/')
    .filter((segment) => segment !== '')
    .join('_')
  const ports = servicePorts(app)
  if (ports.length === 0) return `${name}\t \t${placed.map(({ agent }) => `${agent.host} `).join('')}\n`
  return ports
    .map((port, index) => {
      const endpoints = placed.map(({ agent, task }) => `${agent.host}:${task.ports[index] ?? 0}\t`).join('')
      return `${name}\t${port}\t${endpoints}\n`
    })
    .join('')
}

/** Requests as the cores take them. */
import type { Command as ChronosCommand } from '@thermosphere/chronos-core'
import type { Command as MarathonCommand } from '@thermosphere/marathon-core'
import type { ChronosRequest, MarathonRequest } from './requests.ts'

const audit = { clientIp: '127.0.0.1', uri: '/v2/apps' }

export function marathonCommand(request: MarathonRequest): MarathonCommand {
  const force = true
  switch (request.type) {
    case 'put-app': {
      const { id, body } = request
      return { type: 'update-app', id, body, force, partial: false, mayCreate: true, audit }
    }
    case 'scale-app': {
      const { id, instances } = request
      return { type: 'update-app', id, body: { instances }, force, partial: true, mayCreate: false, audit }
    }
    case 'restart-app':
    case 'delete-app':
      return { type: request.type, id: request.id, force }
    case 'kill-tasks': {
      const options = { scale: false, wipe: request.wipe, force }
      return { type: 'kill-app-tasks', appId: request.id, host: undefined, taskId: undefined, options }
    }
    case 'put-group': {
      const { id, apps } = request
      const body = { id, apps: Object.entries(apps).map(([name, app]) => ({ ...app, id: `${id}/${name}` })) }
      return { type: 'update-group', id, body, force, dryRun: false }
    }
  }
}

/** Somebody else asks, without force, right after a change of an app: refused by it, or a restart like any other. */
export function rivalCommand(request: MarathonRequest): MarathonCommand | undefined {
  if (request.type !== 'put-app' && request.type !== 'scale-app') return undefined
  return { type: 'restart-app', id: request.id, force: false }
}

export function chronosCommand(request: ChronosRequest): ChronosCommand {
  switch (request.type) {
    case 'put-job': {
      const { document } = request
      return { type: 'put-job', document, endpoint: document.parents === undefined ? 'iso8601' : 'dependency' }
    }
    case 'run-job':
      return { type: 'run-job', name: request.name, arguments: undefined }
    case 'delete-job':
    case 'kill-job':
      return { type: request.type, name: request.name }
    case 'set-disabled':
      return { type: 'set-disabled', name: request.name, disabled: request.disabled }
  }
}

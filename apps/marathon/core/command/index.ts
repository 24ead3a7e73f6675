import type { ApiResponse, Command } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { createApp, deleteApp, restartApp, updateApp, updateApps } from './app-commands.ts'
import { deleteDeployment, resetDelay } from './deployment-commands.ts'
import { createGroup, deleteGroup, patchGroup, updateGroup } from './group-commands.ts'
import { killAppTasks, killTasks } from './kill-commands.ts'

/** Carries a command out. Undefined when the answer follows later. */
export function runCommand(ctx: StepContext, requestId: number, command: Command): ApiResponse | undefined {
  switch (command.type) {
    case 'create-app':
      return createApp(ctx, command)
    case 'update-app':
      return updateApp(ctx, command)
    case 'update-apps':
      return updateApps(ctx, command)
    case 'delete-app':
      return deleteApp(ctx, command)
    case 'restart-app':
      return restartApp(ctx, command)
    case 'create-group':
      return createGroup(ctx, command)
    case 'update-group':
      return updateGroup(ctx, command)
    case 'patch-group':
      return patchGroup(ctx, command)
    case 'delete-group':
      return deleteGroup(ctx, command)
    case 'kill-app-tasks':
      return killAppTasks(ctx, requestId, command)
    case 'kill-tasks':
      return killTasks(ctx, requestId, command)
    case 'delete-deployment':
      return deleteDeployment(ctx, command)
    case 'reset-delay':
      return resetDelay(ctx, command)
  }
}

/** What clients ask of Marathon and Chronos, as data: a failing seed is shrunk by leaving requests out. */
import type { Millis } from '@thermosphere/effects'

export type AppBody = {
  readonly cmd: string
  readonly instances: number
  readonly cpus: number
  readonly mem: number
  readonly upgradeStrategy: { readonly minimumHealthCapacity: number; readonly maximumOverCapacity: number }
  readonly healthChecks?: readonly object[]
  readonly unreachableStrategy?: object
  readonly dependencies?: readonly string[]
  /** Told apart from other definitions of the app by this. */
  readonly labels: { readonly revision: string }
  readonly backoffSeconds: number
  readonly maxLaunchDelaySeconds: number
}

export type MarathonRequest =
  | { readonly type: 'put-app'; readonly id: string; readonly body: AppBody }
  | { readonly type: 'scale-app'; readonly id: string; readonly instances: number }
  | { readonly type: 'restart-app'; readonly id: string }
  | { readonly type: 'delete-app'; readonly id: string }
  | { readonly type: 'kill-tasks'; readonly id: string; readonly wipe: boolean }
  | { readonly type: 'put-group'; readonly id: string; readonly apps: Readonly<Record<string, AppBody>> }

export type JobDocument = {
  readonly name: string
  readonly command: string
  readonly schedule?: string
  readonly parents?: readonly string[]
  readonly epsilon?: string
  readonly retries: number
  readonly concurrent: boolean
  readonly description: string
  readonly cpus: number
  readonly mem: number
  readonly disk: number
}

export type ChronosRequest =
  | { readonly type: 'put-job'; readonly document: JobDocument }
  | { readonly type: 'delete-job'; readonly name: string }
  | { readonly type: 'run-job'; readonly name: string }
  | { readonly type: 'kill-job'; readonly name: string }
  | { readonly type: 'set-disabled'; readonly name: string; readonly disabled: boolean }

/** `after` counts from the start of the simulation. Requests about one subject are made one after another. */
export type ClientRequest = { readonly after: Millis; readonly subject: string } & (
  | { readonly to: 'marathon'; readonly request: MarathonRequest }
  | { readonly to: 'chronos'; readonly request: ChronosRequest }
)

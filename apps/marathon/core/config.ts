/** What the core is told about its surroundings at start; durations in milliseconds. */
export type MarathonConfig = {
  readonly mesosRole: string
  readonly newGroupEnforceRole: boolean
  readonly features: ReadonlySet<string>
  readonly appsMax: number | undefined
  readonly deploymentsMax: number
  readonly localPortMin: number
  readonly localPortMax: number
  readonly defaultNetworkName: string | undefined
  readonly mesosBridgeName: string
  readonly executor: string
  readonly envVarsPrefix: string | undefined
  readonly acceptedRolesDefault: 'any' | 'unreserved' | 'reserved'
  readonly declineOfferDurationMs: number
  readonly minReviveIntervalMs: number
  readonly suppressOffers: boolean
  readonly instancesPerOfferMax: number
  readonly launchTokens: number
  readonly launchTokenRefreshMs: number
  readonly taskLaunchConfirmTimeoutMs: number
  readonly taskLaunchTimeoutMs: number
  readonly reconciliationInitialDelayMs: number
  readonly reconciliationIntervalMs: number
  readonly scaleAppsInitialDelayMs: number
  readonly scaleAppsIntervalMs: number
  readonly killChunkSize: number
  readonly killRetryTimeoutMs: number
  readonly maintenanceMode: boolean
  readonly drainingSeconds: number
  readonly gpuSchedulingRestricted: boolean
  readonly framework: {
    readonly name: string
    readonly user: string
    readonly hostname: string
    readonly webuiUrl: string | undefined
    readonly principal: string | undefined
    readonly checkpoint: boolean
    readonly failoverTimeoutSeconds: number
  }
}

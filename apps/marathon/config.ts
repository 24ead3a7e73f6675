/** Every flag of Marathon. Names, units and defaults are the original's where they mean the same. */
import type { MarathonConfig } from '@thermosphere/marathon-core'
import {
  defineFlags,
  flagStrings,
  parseFlags,
  processFlags,
  requireFlags,
  workDirFlag,
} from '@thermosphere/service-kit'
import type { ConfigOf } from '@thermosphere/service-kit'
import { hostname, userInfo } from 'node:os'
import { VERSION } from './version.ts'

const accepted = 'Accepted so that existing command lines work; has no effect here.'
const ms = { type: 'integer', unit: 'ms', min: 0 } as const
const off = { type: 'boolean', default: false } as const

const serviceFlags = defineFlags({
  ...processFlags,
  ...workDirFlag('/var/lib/thermosphere/marathon'),
  master: {
    type: 'list',
    required: true,
    help: 'Addresses of the Mesos masters, host:port separated by commas, or the store in which they elect (etcd://…).',
  },
  http_address: { type: 'string', default: '127.0.0.1', help: 'The address to listen on; 0.0.0.0 is all addresses.' },
  http_port: { type: 'integer', default: 8080, min: 0, max: 65535, help: 'The port to listen on; 0 takes a free one.' },
  http_credentials: { type: 'string', secret: true, help: 'user:password that every request must carry (basic auth).' },
  http_realm: { type: 'string', default: 'Mesosphere', help: 'The realm of the basic authentication.' },
  http_max_concurrent_requests: { type: 'integer', min: 1, help: 'Requests at once; more are answered with 503.' },
  access_control_allow_origin: { type: 'string', help: 'Origins for CORS; without it no CORS headers are sent.' },
  webui_url: { type: 'string', help: 'The address of the user interface that Mesos shows for this framework.' },
  store: {
    type: 'string',
    help:
      'Where state is kept: sqlite:<path>, etcd://host:port[,host:port]/<prefix> or memory:; without it a file in ' +
      'work_dir. Processes on one store elect their leader.',
  },
  zk_session_timeout: {
    ...ms,
    min: 2_000,
    default: 10_000,
    help: 'A leader that does not renew its lease for that long is replaced.',
  },
  event_stream_max_outstanding_messages: {
    type: 'integer',
    default: 1024,
    min: 1,
    help: 'Unread events after which a reader is disconnected.',
  },
  max_concurrent_marathon_health_checks: { type: 'integer', default: 256, min: 1, help: 'Health checks at once.' },
  deprecated_features: {
    type: 'list',
    choices: ['text_plain_tasks'],
    default: [],
    help: 'Deprecated features to keep.',
  },
})

const frameworkFlags = defineFlags({
  framework_name: { type: 'string', default: 'marathon', help: 'The name of the framework in Mesos.' },
  mesos_role: { type: 'string', default: '*', help: 'The Mesos role of apps that name none.' },
  mesos_user: { type: 'string', help: 'The user that tasks run as; without it the one of this process.' },
  failover_timeout: {
    type: 'integer',
    unit: 's',
    default: 604_800,
    min: 0,
    help: 'Mesos kills all tasks when Marathon stays away for longer.',
  },
  disable_checkpoint: { ...off, help: 'Do not have agents keep tasks over their restarts.' },
  mesos_authentication: { ...off, help: 'Log in to Mesos with the principal and its secret.' },
  mesos_authentication_principal: { type: 'string', help: 'The principal to authenticate as.' },
  mesos_authentication_secret: { type: 'string', secret: true, help: 'The secret of the principal.' },
  mesos_authentication_secret_file: { type: 'path', help: 'A file with the secret, read anew for each subscription.' },
  mesos_leader_ui_url: { type: 'string', help: 'The address of the Mesos user interface, for /v2/info.' },
  new_group_enforce_role: {
    type: 'string',
    choices: ['off', 'top'],
    default: 'off',
    help: 'Whether new top-level groups enforce their role.',
  },
  accepted_resource_roles_default_behavior: {
    type: 'string',
    choices: ['any', 'unreserved', 'reserved'],
    default: 'any',
    help: 'Whose resources apps use that do not say.',
  },
  enable_features: {
    type: 'list',
    choices: ['vips', 'task_killing', 'external_volumes', 'secrets', 'gpu_resources'],
    default: [],
    help: 'Optional features.',
  },
  gpu_scheduling_behavior: {
    type: 'string',
    choices: ['restricted', 'unrestricted'],
    default: 'restricted',
    help: 'Whether agents with GPUs are kept for apps that need them.',
  },
  disable_maintenance_mode: { ...off, help: 'Use agents in maintenance as well.' },
  draining_seconds: {
    type: 'integer',
    unit: 's',
    default: 0,
    min: 0,
    help: 'How long before a maintenance its agents are left alone.',
  },
})

const schedulingFlags = defineFlags({
  local_port_min: { type: 'integer', default: 10_000, min: 1, max: 65_535, help: 'The first service port.' },
  local_port_max: { type: 'integer', default: 20_000, min: 1, max: 65_535, help: 'The last service port.' },
  executor: { type: 'string', default: '//cmd', help: 'The executor of apps that name none.' },
  env_vars_prefix: { type: 'string', help: 'Put before HOST and the PORT variables of tasks.' },
  default_network_name: {
    type: 'string',
    help: 'The network of apps that ask for container networking without a name.',
  },
  mesos_bridge_name: {
    type: 'string',
    default: 'mesos-bridge',
    help: 'The CNI network for bridge mode with the Mesos runtime.',
  },
  max_apps: { type: 'integer', min: 1, help: 'How many apps there may be.' },
  max_running_deployments: { type: 'integer', default: 100, min: 1, help: 'How many deployments may run.' },
  max_instances_per_offer: { type: 'integer', default: 5, min: 1, help: 'Instances launched on one offer.' },
  launch_tokens: { type: 'integer', default: 100, min: 1, help: 'Launches that may be under way.' },
  launch_token_refresh_interval: { ...ms, default: 30_000, help: 'When launches that got nowhere stop counting.' },
  decline_offer_duration: { ...ms, default: 120_000, help: 'How long Mesos keeps a declined offer back.' },
  min_revive_offers_interval: { ...ms, default: 5_000, help: 'The least time between two revives of a role.' },
  disable_suppress_offers: { ...off, help: 'Take offers although nothing is to be launched.' },
  task_launch_timeout: { ...ms, default: 300_000, help: 'A task that is still staging after this is killed.' },
  task_launch_confirm_timeout: { ...ms, default: 300_000, help: 'A launch that nobody confirms is killed after this.' },
  reconciliation_initial_delay: { ...ms, default: 15_000, help: 'The first reconciliation after the start.' },
  reconciliation_interval: { ...ms, default: 600_000, help: 'The time between two reconciliations.' },
  scale_apps_initial_delay: { ...ms, default: 15_000, help: 'The first look at every count after the start.' },
  scale_apps_interval: { ...ms, default: 300_000, help: 'The time between two looks at every count.' },
  kill_chunk_size: { type: 'integer', default: 100, min: 1, help: 'Kills that may be under way.' },
  kill_retry_timeout: { ...ms, default: 30_000, help: 'A kill without an effect is sent again after this.' },
})

const compatibilityFlags = defineFlags({
  ha: { type: 'boolean', default: true, help: accepted },
  disable_ha: { ...off, help: accepted },
  disable_http_compression: { ...off, help: accepted },
  checkpoint: { type: 'boolean', default: true, help: accepted },
  maintenance_mode: { type: 'boolean', default: true, help: accepted },
  suppress_offers: { type: 'boolean', default: true, help: accepted },
  store_cache: { type: 'boolean', default: true, help: accepted },
  metrics_prometheus: { type: 'boolean', default: true, help: accepted },
  offer_matching_timeout: { ...ms, default: 3_000, help: accepted },
  task_reservation_timeout: { ...ms, default: 20_000, help: accepted },
  task_lost_expunge_initial_delay: { ...ms, default: 300_000, help: accepted },
  task_lost_expunge_interval: { ...ms, default: 30_000, help: accepted },
  mesos_heartbeat_interval: { ...ms, default: 15_000, help: accepted },
  mesos_heartbeat_failure_threshold: { type: 'integer', default: 5, help: accepted },
  leader_proxy_connection_timeout: { ...ms, default: 5_000, help: 'How long a standby waits for the leader’s port.' },
  leader_proxy_read_timeout: { ...ms, default: 10_000, help: 'How long a standby waits for the leader’s answer.' },
  on_elected_prepare_timeout: {
    ...ms,
    default: 180_000,
    help: 'How long requests wait for a leader that reads its state.',
  },
})

export const flags = defineFlags({ ...serviceFlags, ...frameworkFlags, ...schedulingFlags, ...compatibilityFlags })

export type Config = ConfigOf<typeof flags>

function problemsOf(config: Config): string[] {
  const problems: string[] = []
  if (config.local_port_min > config.local_port_max) problems.push('--local_port_min is above --local_port_max')
  if (config.http_credentials !== undefined && !/^[^:]+:.+$/s.test(config.http_credentials))
    problems.push('--http_credentials is not user:password')
  return [...problems, ...loginProblems(config)]
}

function loginProblems(config: Config): string[] {
  const { mesos_authentication_principal: principal, mesos_authentication_secret: secret } = config
  const file = config.mesos_authentication_secret_file
  if (secret !== undefined && file !== undefined)
    return ['--mesos_authentication_secret_file: leave out --mesos_authentication_secret; one secret is enough']
  if (config.mesos_authentication && principal === undefined)
    return ['--mesos_authentication: name who logs in with --mesos_authentication_principal']
  return []
}

/** With what it logs in to Mesos. */
export function loginOf(config: Config) {
  const { mesos_authentication_principal: principal, mesos_authentication_secret: secret } = config
  return { principal, secret, secretFile: config.mesos_authentication_secret_file }
}

/** The configuration of a Marathon that is part of another process; from its arguments alone. */
export const configOf = (argv: readonly string[]): Config => requireFlags(flags, { argv, check: problemsOf })

/** The configuration of this process; prints what is wrong and exits otherwise. */
export function readConfig(): Config {
  return parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'MARATHON_',
    program: 'marathon',
    version: VERSION,
    about: 'Runs apps on a Mesos cluster and keeps them running.',
    check: problemsOf,
  })
}

export function configStrings(config: Config): Record<string, string> {
  return flagStrings(flags, config)
}

/** The name under which others reach this instance. */
export function hostnameOf(config: Config): string {
  const isLocal = config.http_address.startsWith('127.') || config.http_address === 'localhost'
  return config.hostname ?? (isLocal ? config.http_address : hostname())
}

/** What the core needs to know. */
export function coreConfig(config: Config, webuiUrl: string | undefined): MarathonConfig {
  return {
    mesosRole: config.mesos_role,
    newGroupEnforceRole: config.new_group_enforce_role === 'top',
    features: new Set(config.enable_features),
    appsMax: config.max_apps,
    deploymentsMax: config.max_running_deployments,
    localPortMin: config.local_port_min,
    localPortMax: config.local_port_max,
    defaultNetworkName: config.default_network_name,
    mesosBridgeName: config.mesos_bridge_name,
    executor: config.executor,
    envVarsPrefix: config.env_vars_prefix,
    acceptedRolesDefault: config.accepted_resource_roles_default_behavior,
    declineOfferDurationMs: config.decline_offer_duration,
    minReviveIntervalMs: config.min_revive_offers_interval,
    suppressOffers: config.suppress_offers && !config.disable_suppress_offers,
    instancesPerOfferMax: config.max_instances_per_offer,
    launchTokens: config.launch_tokens,
    launchTokenRefreshMs: config.launch_token_refresh_interval,
    taskLaunchConfirmTimeoutMs: config.task_launch_confirm_timeout,
    taskLaunchTimeoutMs: config.task_launch_timeout,
    reconciliationInitialDelayMs: config.reconciliation_initial_delay,
    reconciliationIntervalMs: config.reconciliation_interval,
    scaleAppsInitialDelayMs: config.scale_apps_initial_delay,
    scaleAppsIntervalMs: config.scale_apps_interval,
    killChunkSize: config.kill_chunk_size,
    killRetryTimeoutMs: config.kill_retry_timeout,
    maintenanceMode: config.maintenance_mode && !config.disable_maintenance_mode,
    drainingSeconds: config.draining_seconds,
    gpuSchedulingRestricted: config.gpu_scheduling_behavior === 'restricted',
    framework: {
      name: config.framework_name,
      user: config.mesos_user ?? userInfo().username,
      hostname: hostnameOf(config),
      webuiUrl: config.webui_url ?? webuiUrl,
      principal: config.mesos_authentication_principal,
      checkpoint: config.checkpoint && !config.disable_checkpoint,
      failoverTimeoutSeconds: config.failover_timeout,
    },
  }
}

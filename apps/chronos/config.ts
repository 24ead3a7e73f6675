/** Every flag of Chronos, under the original's names where they mean the same. */
import type { ChronosConfig } from '@thermosphere/chronos-core'
import { defineFlags, parseFlags, processFlags, workDirFlag } from '@thermosphere/service-kit'
import { hostname } from 'node:os'

export const version = '3.0.3'

const flags = defineFlags({
  ...processFlags,
  ...workDirFlag('.thermosphere/chronos'),
  master: {
    type: 'list',
    default: ['127.0.0.1:5050'],
    help: 'Masters as host:port, comma separated; one is enough, a follower names the leader.',
  },
  http_address: { type: 'string', default: '127.0.0.1', help: 'The address to listen on.' },
  http_port: {
    type: 'integer',
    default: 4400,
    min: 0,
    max: 65_535,
    help: 'The port to listen on; 0 takes a free one.',
  },
  store: {
    type: 'string',
    help: 'Where state is kept: sqlite:<file> or memory:; without it a SQLite file in the work directory.',
  },
  mesos_framework_name: { type: 'string', default: 'chronos', help: 'The name that the framework registers with.' },
  mesos_role: { type: 'string', default: '*', help: 'The role whose resources jobs use.' },
  user: { type: 'string', default: 'root', help: 'The user of tasks whose job names none.' },
  failover_timeout: {
    type: 'number',
    default: 604_800,
    min: 0,
    unit: 'seconds',
    help: 'How long the master keeps tasks of a Chronos that is away.',
  },
  mesos_task_cpu: { type: 'number', default: 0.1, min: 0.001, help: 'CPUs of a job that names none.' },
  mesos_task_mem: { type: 'number', default: 128, min: 1, unit: 'MiB', help: 'Memory of a job that names none.' },
  mesos_task_disk: { type: 'number', default: 256, min: 0, unit: 'MiB', help: 'Disk of a job that names none.' },
  failure_retry: {
    type: 'integer',
    default: 60_000,
    min: 0,
    max: 31_536_000_000,
    unit: 'ms',
    help: 'Delay before a failed run is tried again.',
  },
  disable_after_failures: {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'A job is disabled after that many failures in a row; 0 is never.',
  },
  legacy_retry_gate: {
    type: 'boolean',
    default: false,
    help: 'As the original: after a final failure nothing is retried until the next success.',
  },
  task_epsilon: {
    type: 'integer',
    min: 1,
    unit: 'seconds',
    help: 'How late a run of a job without epsilon may start; without it there is no limit.',
  },
  reconciliation_interval: {
    type: 'integer',
    default: 600,
    min: 1,
    unit: 'seconds',
    help: 'How often the master is asked about running tasks.',
  },
  decline_offer_duration: {
    type: 'integer',
    min: 0,
    unit: 'ms',
    help: 'How long a declined offer is not wanted; without it 5 s while jobs wait.',
  },
  min_revive_offers_interval: {
    type: 'integer',
    default: 5_000,
    min: 0,
    unit: 'ms',
    help: 'Offers are asked for at most this often, unless they were suppressed.',
  },
  job_history_limit: { type: 'integer', default: 5, min: 0, max: 1000, help: 'Runs that job/stat shows.' },
  history_max_runs: { type: 'integer', default: 1000, min: 1, max: 100_000, help: 'Ended runs kept for each job.' },
})

export const readConfig = () =>
  parseFlags(flags, {
    argv: process.argv.slice(2),
    env: process.env,
    envPrefix: 'CHRONOS_',
    program: 'chronos',
    version,
    about: 'Runs jobs on a Mesos cluster: at their times, after their parents, or when asked to.',
  })
export type Config = ReturnType<typeof readConfig>

export const advertisedHost = (config: Config): string =>
  config.hostname ?? (config.http_address.startsWith('127.') ? config.http_address : hostname())

export const coreConfig = (config: Config): ChronosConfig => ({
  defaults: {
    cpus: config.mesos_task_cpu,
    mem: config.mesos_task_mem,
    disk: config.mesos_task_disk,
    epsilon: config.task_epsilon === undefined ? undefined : `PT${config.task_epsilon}S`,
  },
  user: config.user,
  role: config.mesos_role,
  failureRetryMs: config.failure_retry,
  disableAfterFailures: config.disable_after_failures,
  legacyRetryGate: config.legacy_retry_gate,
  declineSeconds: config.decline_offer_duration === undefined ? undefined : config.decline_offer_duration / 1000,
  reconciliationIntervalMs: config.reconciliation_interval * 1000,
  reviveIntervalMinMs: config.min_revive_offers_interval,
  jobHistoryLimit: config.job_history_limit,
  historyRunsMax: config.history_max_runs,
  hostname: advertisedHost(config),
})

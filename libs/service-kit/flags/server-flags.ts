import { join } from 'node:path'
import { z } from 'zod'
import { defineFlags } from './flags.ts'

/** Levels of `logging_level`; Mesos' `WARNING`, `INFO`, `ERROR` are accepted as well. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'INFO', 'WARNING', 'ERROR'] as const

/** Flags that every server has besides its address. */
export const processFlags = defineFlags({
  hostname: {
    type: 'string',
    help: 'The name under which others reach this server; without it the address, or the host name if that is all.',
  },
  logging_level: {
    type: 'string',
    choices: LOG_LEVELS,
    default: 'info',
    aliases: ['log_level'],
    help: 'Log messages of this level and above.',
  },
  log_file: { type: 'path', help: 'Append the log to this file instead of writing it to standard error.' },
  insecure: {
    type: 'boolean',
    default: false,
    help: 'Allow an address that others can reach although nobody has to log in.',
  },
})

/** The address flags under Mesos' names; a program with other names declares its own from these. */
export function addressFlags(port: number) {
  return defineFlags({
    ip: { type: 'string', default: '127.0.0.1', help: 'The address to listen on; 0.0.0.0 and :: are all addresses.' },
    port: { type: 'integer', default: port, min: 0, max: 65535, help: 'The port to listen on; 0 takes a free one.' },
  })
}

/** `work_dir`, where everything is kept that outlives the process. */
export function workDirFlag(path: string) {
  return defineFlags({
    work_dir: { type: 'path', default: path, help: 'The directory for everything that outlives the process.' },
  })
}

const place = z.object({ name: z.string().min(1).max(255) })
const domainSchema = z.object({ fault_domain: z.object({ region: place, zone: place }) })

/** `domain`, the fault domain of a master or an agent. */
export function domainFlag(owner: string) {
  return defineFlags({
    domain: {
      type: 'json',
      schema: domainSchema,
      help: `The fault domain of the ${owner}: {"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}.`,
    },
  })
}

/** Address, process and work_dir flags as one block: `defineFlags({ ...serverFlags({ port, workDir }), ... })`. */
export function serverFlags(defaults: { port: number; workDir: string }) {
  return { ...addressFlags(defaults.port), ...processFlags, ...workDirFlag(defaults.workDir) }
}

/** Where Mesos' servers write their log, and where it is read at `/master/log` and `/slave/log`. */
export const logFlags = defineFlags({
  log_dir: {
    type: 'path',
    help: 'Append the log to a file in this directory, named after the program, instead of standard error.',
  },
  external_log_file: {
    type: 'path',
    help: 'A file into which somebody else writes the log, to be read over HTTP.',
  },
})

export type LogConfig = {
  readonly log_file: string | undefined
  readonly log_dir: string | undefined
  readonly external_log_file: string | undefined
}

export const logProblems = ({ log_file, log_dir }: LogConfig): string[] =>
  log_file !== undefined && log_dir !== undefined
    ? ['--log_dir: --log_file says where the log goes; leave one of them out']
    : []

/** The file that a program writes its log to; undefined for standard error. */
export const logFileOf = (
  { log_file, log_dir }: LogConfig,
  program: 'mesos-master' | 'mesos-agent',
): string | undefined => log_file ?? (log_dir && join(log_dir, `${program}.INFO`))

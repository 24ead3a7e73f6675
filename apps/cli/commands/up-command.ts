/** The options of `thermo up`. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorMessage } from '@thermosphere/effects'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { defaultWorkDir } from '../api.ts'
import { CliError } from '../errors.ts'
import { agentsMax, clusterFileBytesMax, etcdsMax, groupMax } from '../limits.ts'
import {
  defaultPorts,
  flagPattern,
  parseDescription,
  partKinds,
  serverKinds,
  storeHint,
  storePattern,
} from '../up/index.ts'
import type { OptionValues, PartKind } from '../up/index.ts'

const integerBetween =
  ({ min, max }: { readonly min: number; readonly max: number }) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Allowed: whole numbers from ${min} to ${max}.`)
  }

const collect = (text: string, before: string[]): string[] => {
  if (!flagPattern.test(text)) throw new InvalidArgumentError('Allowed: name=value or name.')
  return [...before, text]
}

const parseStore = (text: string): string => {
  if (!storePattern.test(text)) throw new InvalidArgumentError(`Allowed: ${storeHint}.`)
  return text
}

export const workDirOption = (): Option =>
  new Option('--work-dir <folder>', 'where state, sandboxes and logs are kept').default(
    defaultWorkDir(),
    '.thermosphere',
  )

const portHelp: Record<PartKind, string> = {
  etcd: 'port of the first etcd member for clients; its peers use the next one, the other members the ports behind',
  master: 'port of the first master; the others follow',
  agent: 'port of the first agent, without it the one behind the last master; the others follow',
  marathon: 'port of the first Marathon; the others follow',
  chronos: 'port of the first Chronos; the others follow',
  gateway: 'port of the gateway',
}

export function addUpCommand(program: Command): Command {
  const command = program
    .command('up')
    .description('start a cluster on this machine and keep it running until Ctrl-C')
    .option('--file <path>', 'a JSON file that describes the cluster; options given beside it win')
    .option('--masters <count>', 'number of masters; one leads', integerBetween({ min: 1, max: groupMax }), 1)
    .option('--agents <count>', 'number of agents', integerBetween({ min: 0, max: agentsMax }), 3)
    .option('--marathons <count>', 'number of Marathons; one leads', integerBetween({ min: 1, max: groupMax }), 1)
    .option('--chronoses <count>', 'number of Chronos; one leads', integerBetween({ min: 1, max: groupMax }), 1)
    .option('--store <store>', `where masters and frameworks keep their state: ${storeHint}`, parseStore, 'sqlite')
    .option(
      '--etcds <count>',
      'members of the etcd that --store etcd starts (default: 1)',
      integerBetween({ min: 1, max: etcdsMax }),
    )
    .option('--resources <text>', "each agent's resources, as in cpus:4;mem:8192;disk:10000;ports:[31000-32000]")
    .option('--fresh', 'forget apps, jobs and everything else of earlier starts')
    .option('--keep-tasks', 'leave tasks running when the cluster stops')
    .option('--ip <address>', 'address to listen on; etcd listens on 127.0.0.1 in any case', '127.0.0.1')
    .option('--cluster <name>', 'name of the cluster', 'thermosphere')
    .option('--insecure', 'allow an address that others can reach although nobody has to log in')
    .addOption(new Option('--without <part...>', 'leave a part out').choices(serverKinds).default([]))
    .addOption(workDirOption())
  for (const kind of partKinds) {
    const parse = integerBetween({ min: 1, max: 65_535 })
    // Not a default of commander's: that of the agents depends on the number of masters.
    command.option(`--${kind}-port <port>`, `${portHelp[kind]} (default: ${defaultPorts[kind]})`, parse)
    command.option(`--${kind}-flag <flag>`, `a flag of the ${kind}: name=value (repeatable)`, collect, [])
  }
  return command
}

function readDescription(path: string): OptionValues {
  try {
    if (statSync(path).size > clusterFileBytesMax) throw new CliError(`${path} is too large for a cluster file.`)
    const values = parseDescription(readFileSync(path, 'utf8'), path)
    const paths = (['workDir', 'credential'] as const).flatMap((name) => {
      const value = values[name]
      return typeof value === 'string' ? [[name, resolve(dirname(path), value)]] : []
    })
    return { ...values, ...(Object.fromEntries(paths) as OptionValues) }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const why = errorMessage(cause)
    throw new CliError(`The cluster file ${path} cannot be read: ${why}.`, { exitCode: 2, cause })
  }
}

/** Command line before cluster file before defaults. */
export function valuesOf(command: Command): OptionValues {
  const values = command.optsWithGlobals<OptionValues>()
  const { file } = values
  if (typeof file !== 'string') return values
  const described = Object.entries(readDescription(file))
  return {
    ...values,
    ...Object.fromEntries(described.filter(([name]) => command.getOptionValueSourceWithGlobals(name) !== 'cli')),
  }
}

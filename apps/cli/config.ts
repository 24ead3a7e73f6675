/** What the command line takes from its surroundings; nothing else here reads them. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the checkout or installed package. */
export const rootFolder = fileURLToPath(new URL('../..', import.meta.url))

export const argv = (): readonly string[] => process.argv

/** Address of the gateway that commands talk to, unless `--url` says another. */
export const urlFromEnvironment = (): string | undefined => process.env['THERMO_URL']

/** Path of the file that says who asks, unless `--credential` names one. */
export const credentialFromEnvironment = (): string | undefined => process.env['THERMO_CREDENTIAL']

export const workDirFromEnvironment = (): string | undefined => process.env['THERMO_WORK_DIR']

/** Whether a program can be started by its name. */
export const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

/**
 * Environment of the cluster's parts: what the operating system needs, and no flag by accident. With compiled code kept
 * between starts a part takes about half as long to come up.
 */
export const partEnvironment = (): Record<string, string> => ({
  NODE_COMPILE_CACHE: `${rootFolder}node_modules/.cache/compiled`,
  ...Object.fromEntries(
    ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'DOCKER_HOST', 'NODE_OPTIONS', 'NODE_V8_COVERAGE']
      .map((name) => [name, process.env[name]] as const)
      .filter((pair): pair is [string, string] => pair[1] !== undefined),
  ),
})

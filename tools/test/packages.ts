/** What the tests need of the operating system, where it comes from on Debian, and what is skipped without it. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'

/** A program on PATH, or a path. */
export type Need = { readonly program: string; readonly package: string; readonly skips: string }

export const needs: readonly Need[] = [
  { program: 'dockerd', package: 'docker.io', skips: 'Docker containers' },
  { program: 'chromium', package: 'chromium', skips: 'the dashboard in a browser' },
  { program: 'busybox', package: 'busybox-static', skips: 'Docker containers (their image)' },
  { program: 'ip', package: 'iproute2', skips: 'network namespaces' },
  { program: 'strace', package: 'strace', skips: 'losses of power' },
  { program: 'nft', package: 'nftables', skips: 'partitions' },
  { program: 'etcd', package: 'etcd-server', skips: 'the store on etcd' },
  { program: 'etcdctl', package: 'etcd-client', skips: 'the store on etcd' },
  { program: 'python3', package: 'python3', skips: 'the web service of the examples' },
  { program: 'unzip', package: 'unzip', skips: 'the fetcher’s zip archives' },
  { program: '/usr/bin/go', package: 'golang-go', skips: 'old schedulers and executors with their Go drivers' },
  {
    program: '/usr/share/gocode/src/github.com/mesos/mesos-go',
    package: 'golang-github-mesos-mesos-go-dev',
    skips: 'old schedulers and executors with their Go drivers',
  },
  { program: 'setpriv', package: 'util-linux', skips: 'tasks of other users' },
]

const searchPath = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin']

const isInstalled = (program: string): boolean =>
  (program.startsWith('/') && existsSync(program)) ||
  searchPath.some((folder) => {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

export const missingNeeds = (): Need[] => needs.filter((need) => !isInstalled(need.program))

const apt = (args: readonly string[]): boolean =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0

/** Installs missing packages on Debian as root; elsewhere names what is skipped. Returns what is still missing. */
export function installNeeds(): Need[] {
  const missing = missingNeeds()
  if (missing.length === 0) return []
  const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (canInstall) {
    const packages = [...new Set(missing.map((need) => need.package))]
    process.stdout.write(`Installing Debian packages: ${packages.join(' ')} …\n`)
    apt(['update', '-qq'])
    apt(['install', '-y', '-qq', '--no-install-recommends', ...packages])
  }
  const left = missingNeeds()
  for (const need of left) {
    process.stdout.write(
      `Without ${need.program} (Debian package ${need.package}): tests of ${need.skips} are skipped.\n`,
    )
  }
  return left
}

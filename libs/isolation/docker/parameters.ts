/** `docker run` options by their long names, as the engine's API takes them. Pure. */
import { IsolationError } from '../errors.ts'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'

/** What a container is created with; parameters fill it in after everything else and so win. */
export type Draft = ContainerCreateOptions & { HostConfig: HostConfig }

type Apply = (draft: Draft, value: string, key: string) => void

function invalid(key: string, value: string, wanted: string): IsolationError {
  return new IsolationError('DOCKER_PARAMETER_INVALID', `Docker parameter ${key}=${value}: ${wanted}`)
}

function integer(value: string, key: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw invalid(key, value, 'a whole number is needed')
  return Number(value)
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** 512m, 1g, 1048576; -1 where the engine knows "no limit". */
export function parseSize(value: string, key: string): number {
  const match = /^(\d{1,15}(?:\.\d+)?)([bkmgt]?)b?$/i.exec(value)
  if (value === '-1') return -1
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? '?']
  if (match === null || unit === undefined) throw invalid(key, value, 'a size such as 512m or 1g is needed')
  return Math.floor(Number(match[1]) * unit)
}

function truth(value: string, key: string): boolean {
  if (/^(true|1|)$/i.test(value)) return true
  if (/^(false|0)$/i.test(value)) return false
  throw invalid(key, value, 'true or false is needed')
}

function pair(value: string): readonly [string, string] {
  const at = value.indexOf('=')
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)]
}

/** An option of HostConfig that takes the text, a list of texts, a size, a number or a truth. */
const text =
  (name: keyof HostConfig): Apply =>
  (draft, value) =>
    void Object.assign(draft.HostConfig, { [name]: value })
const size =
  (name: keyof HostConfig): Apply =>
  (draft, value, key) =>
    void Object.assign(draft.HostConfig, { [name]: parseSize(value, key) })
const count =
  (name: keyof HostConfig): Apply =>
  (draft, value, key) =>
    void Object.assign(draft.HostConfig, { [name]: integer(value, key) })
const flag =
  (name: keyof HostConfig): Apply =>
  (draft, value, key) =>
    void Object.assign(draft.HostConfig, { [name]: truth(value, key) })
const list =
  (name: keyof HostConfig): Apply =>
  (draft, value) => {
    const before: unknown = draft.HostConfig[name]
    Object.assign(draft.HostConfig, { [name]: [...(Array.isArray(before) ? before : []), value] })
  }
const map =
  (name: keyof HostConfig): Apply =>
  (draft, value) => {
    const [key, of] = pair(value)
    Object.assign(draft.HostConfig, { [name]: { ...(draft.HostConfig[name] as object | undefined), [key]: of } })
  }

const addDevice: Apply = (draft, value) => {
  const [host = '', inside = host, permissions = 'rwm'] = value.split(':')
  const device = { PathOnHost: host, PathInContainer: inside, CgroupPermissions: permissions }
  draft.HostConfig.Devices = [...(draft.HostConfig.Devices ?? []), device]
}

const addUlimit: Apply = (draft, value, key) => {
  const [name, limits] = pair(value)
  const [soft = '', hard = soft] = limits.split(':')
  const ulimit = { Name: name, Soft: integer(soft, key), Hard: integer(hard, key) }
  draft.HostConfig.Ulimits = [...(draft.HostConfig.Ulimits ?? []), ulimit]
}

const addPort: Apply = (draft, value, key) => {
  const match = /^(?:(?:([^:]+):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(value)
  if (match === null) throw invalid(key, value, '[ip:][host port:]container port[/protocol] is needed')
  const [, hostIp, hostPort, port = '', protocol = 'tcp'] = match
  addPortBinding(draft, `${port}/${protocol}`, {
    ...(hostIp === undefined ? {} : { HostIp: hostIp }),
    HostPort: hostPort ?? '',
  })
}

/** Publishes a container's port on the host. */
export function addPortBinding(draft: Draft, port: string, binding: { HostIp?: string; HostPort: string }): void {
  const bindings = draft.HostConfig.PortBindings as Record<string, object[]> | undefined
  draft.ExposedPorts = { ...draft.ExposedPorts, [port]: {} }
  draft.HostConfig.PortBindings = { ...bindings, [port]: [...(bindings?.[port] ?? []), binding] }
}

const addAlias: Apply = (draft, value) => {
  const network = draft.HostConfig.NetworkMode ?? 'default'
  const endpoints = draft.NetworkingConfig?.EndpointsConfig ?? {}
  const endpoint = endpoints[network]
  const aliases = [...(endpoint?.Aliases ?? []), value]
  draft.NetworkingConfig = { EndpointsConfig: { ...endpoints, [network]: { ...endpoint, Aliases: aliases } } }
}

const setEnvironment: Apply = (draft, value) => {
  const [name] = pair(value)
  draft.Env = [...(draft.Env ?? []).filter((entry) => pair(entry)[0] !== name), value]
}

const setEntrypoint: Apply = (draft, value) => {
  draft.Entrypoint = value === '' ? [''] : [value]
}

const nothing: Apply = () => undefined

const PARAMETERS: Readonly<Record<string, Apply>> = {
  'add-host': list('ExtraHosts'),
  'blkio-weight': count('BlkioWeight'),
  'cap-add': list('CapAdd'),
  'cap-drop': list('CapDrop'),
  'cgroup-parent': text('CgroupParent'),
  cgroupns: (draft, value) => void Object.assign(draft.HostConfig, { CgroupnsMode: value }),
  'cpu-period': count('CpuPeriod'),
  'cpu-quota': count('CpuQuota'),
  'cpu-shares': count('CpuShares'),
  cpus: (draft, value, key) => {
    if (!/^\d+(\.\d+)?$/.test(value)) throw invalid(key, value, 'a number of CPUs is needed')
    draft.HostConfig.NanoCpus = Math.round(Number(value) * 1e9)
    delete draft.HostConfig.CpuQuota
    delete draft.HostConfig.CpuPeriod
  },
  'cpuset-cpus': text('CpusetCpus'),
  'cpuset-mems': text('CpusetMems'),
  device: addDevice,
  dns: list('Dns'),
  'dns-opt': list('DnsOptions'),
  'dns-option': list('DnsOptions'),
  'dns-search': list('DnsSearch'),
  domainname: (draft, value) => void (draft.Domainname = value),
  entrypoint: setEntrypoint,
  env: setEnvironment,
  expose: (draft, value) => {
    draft.ExposedPorts = { ...draft.ExposedPorts, [value.includes('/') ? value : `${value}/tcp`]: {} }
  },
  'group-add': list('GroupAdd'),
  hostname: (draft, value) => void (draft.Hostname = value),
  init: flag('Init'),
  interactive: (draft, value, key) => void (draft.OpenStdin = truth(value, key)),
  ipc: text('IpcMode'),
  isolation: text('Isolation'),
  label: (draft, value) => {
    const [name, of] = pair(value)
    draft.Labels = { ...draft.Labels, [name]: of }
  },
  link: list('Links'),
  'log-driver': (draft, value) => {
    draft.HostConfig.LogConfig = { Type: value, Config: draft.HostConfig.LogConfig?.Config ?? {} }
  },
  'log-opt': (draft, value) => {
    const [name, of] = pair(value)
    const { Type = 'json-file', Config = {} } = draft.HostConfig.LogConfig ?? {}
    draft.HostConfig.LogConfig = { Type, Config: { ...(Config as object), [name]: of } }
  },
  'mac-address': (draft, value) => void Object.assign(draft, { MacAddress: value }),
  memory: size('Memory'),
  'memory-reservation': size('MemoryReservation'),
  'memory-swap': size('MemorySwap'),
  'memory-swappiness': count('MemorySwappiness'),
  net: text('NetworkMode'),
  'net-alias': addAlias,
  network: text('NetworkMode'),
  'network-alias': addAlias,
  'oom-kill-disable': flag('OomKillDisable'),
  'oom-score-adj': count('OomScoreAdj'),
  pid: text('PidMode'),
  'pids-limit': count('PidsLimit'),
  privileged: flag('Privileged'),
  publish: addPort,
  'publish-all': flag('PublishAllPorts'),
  'read-only': flag('ReadonlyRootfs'),
  // The agent removes the container itself, once its exit code is known.
  rm: nothing,
  runtime: text('Runtime'),
  'security-opt': list('SecurityOpt'),
  'shm-size': size('ShmSize'),
  'stop-signal': (draft, value) => void (draft.StopSignal = value),
  'stop-timeout': (draft, value, key) => void (draft.StopTimeout = integer(value, key)),
  'storage-opt': map('StorageOpt'),
  sysctl: map('Sysctls'),
  tmpfs: (draft, value) => {
    const [path = '', options = ''] = value.split(/:(.*)/s)
    draft.HostConfig.Tmpfs = { ...(draft.HostConfig.Tmpfs as object | undefined), [path]: options }
  },
  tty: (draft, value, key) => void (draft.Tty = truth(value, key)),
  ulimit: addUlimit,
  user: (draft, value) => void (draft.User = value),
  userns: text('UsernsMode'),
  uts: text('UTSMode'),
  volume: list('Binds'),
  'volume-driver': text('VolumeDriver'),
  'volumes-from': list('VolumesFrom'),
  workdir: (draft, value) => void (draft.WorkingDir = value),
}

const SHORT: Readonly<Record<string, string>> = {
  a: 'attach', c: 'cpu-shares', e: 'env', h: 'hostname', i: 'interactive', l: 'label', m: 'memory', p: 'publish',
  P: 'publish-all', t: 'tty', u: 'user', v: 'volume', w: 'workdir',
} // prettier-ignore

/** Reasons why an option of `docker run` cannot be had here. */
const REFUSED: Readonly<Record<string, string>> = {
  name: 'the agent names its containers itself, or it could not find them again; use a label',
  detach: 'every container is watched by the agent; leave it out',
  restart: 'the framework restarts tasks, the engine must not; leave it out',
  attach: 'the output goes to stdout and stderr in the sandbox; leave it out',
  'env-file': 'files are read where docker runs; give the variables themselves',
  'label-file': 'files are read where docker runs; give the labels themselves',
}

/** Applies one parameter. Throws DOCKER_PARAMETER_INVALID. */
export function applyParameter(draft: Draft, { key, value }: { readonly key: string; readonly value: string }): void {
  const name = SHORT[key] ?? key.replace(/^--?/, '')
  const apply = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined
  if (apply !== undefined) return apply(draft, value, key)
  const why =
    REFUSED[name] ??
    `not an option of docker run that this agent knows; known are ${Object.keys(PARAMETERS).join(', ')}`
  throw new IsolationError('DOCKER_PARAMETER_INVALID', `Docker parameter ${key}: ${why}`)
}

/** A real etcd of one or three members on free ports of 127.0.0.1, for tests. Needs the programs etcd and etcdctl. */
import { eventually, freePort } from '@thermosphere/test-kit'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EtcdMember } from './etcd-member.ts'

export type { EtcdMember }

export type EtcdClusterOptions = {
  readonly members?: 1 | 3
  /** With client certificates; files are in `directory`. */
  readonly tls?: boolean
  /** Enables logins and creates the user `root` with this password. */
  readonly rootPassword?: string
  /** Further flags of etcd, such as `--quota-backend-bytes=…`. */
  readonly args?: readonly string[]
}

const run = promisify(execFile)
const READY_TIMEOUT_MS = 30_000

type Place = { readonly name: string; readonly clientPort: number; readonly peerPort: number }

/** Members, and what an operator does to them. */
export class EtcdCluster {
  readonly members: readonly EtcdMember[]
  readonly directory: string
  readonly #options: EtcdClusterOptions
  readonly #places: readonly Place[]

  private constructor(given: { options: EtcdClusterOptions; directory: string; places: readonly Place[] }) {
    this.#options = given.options
    this.directory = given.directory
    this.#places = given.places
    this.members = given.places.map((place) => {
      const args = [...this.#memberArgs(place), ...(given.options.args ?? [])]
      const endpoint = `127.0.0.1:${place.clientPort}`
      return new EtcdMember({ name: place.name, endpoint, args, logFile: join(given.directory, `${place.name}.log`) })
    })
  }

  /** Resolves once it takes writes. */
  static async start(options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
    // A disk in memory: other tests' writes do not make this etcd slow.
    const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'etcd-'))
    const names = Array.from({ length: options.members ?? 1 }, (_, i) => `m${i + 1}`)
    const places: Place[] = []
    for (const name of names) places.push({ name, clientPort: await freePort(), peerPort: await freePort() })
    if (options.tls === true) await createCertificates(directory)
    const cluster = new EtcdCluster({ options, directory, places })
    try {
      for (const member of cluster.members) member.start()
      await cluster.ready()
      if (options.rootPassword !== undefined) await cluster.#enableLogins(options.rootPassword)
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  /** `etcd://…`, with the parameters for TLS and login. */
  url(prefix: string, parameters: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({
      ...this.#tlsParameters(),
      ...this.#loginParameters(),
      ...parameters,
    }).toString()
    // Certificates are for a name; TLS to an address is refused.
    const endpoints = this.endpoints.map((each) =>
      this.#options.tls === true ? each.replace('127.0.0.1', 'localhost') : each,
    )
    return `etcd://${endpoints.join(',')}/${prefix}${query === '' ? '' : `?${query}`}`
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ endpoint }) => endpoint)
  }

  /** Runs etcdctl against all members, or those given, and returns what it prints. */
  async ctl(args: readonly string[], endpoints: readonly string[] = this.endpoints): Promise<string> {
    const { rootPassword } = this.#options
    const files = { '--cacert': 'ca.pem', '--cert': 'client.pem', '--key': 'client.key' }
    const tls =
      this.#options.tls === true
        ? Object.entries(files).map(([flag, file]) => `${flag}=${join(this.directory, file)}`)
        : []
    const login = rootPassword === undefined ? [] : [`--user=root:${rootPassword}`]
    const urls = endpoints.map((endpoint) => `${this.#scheme}://${endpoint}`).join(',')
    const all = [`--endpoints=${urls}`, ...tls, ...login, '--dial-timeout=2s', '--command-timeout=5s', ...args]
    return (await run('etcdctl', all)).stdout
  }

  /** Waits until a majority takes writes. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS
    for (;;) {
      try {
        await this.ctl(['endpoint', 'health'], [this.#anyAlive()])
        return
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`etcd did not start: ${this.#logs()}`, { cause: error })
        await sleep(100)
      }
    }
  }

  /** The member that leads the others. */
  async leader(): Promise<EtcdMember> {
    const statuses: { Endpoint: string; Status: { header: { member_id: number }; leader: number } }[] = JSON.parse(
      await this.ctl(
        ['endpoint', 'status', '-w', 'json'],
        this.#alive().map(({ endpoint }) => endpoint),
      ),
    )
    const leading = statuses.find(({ Status }) => Status.header.member_id === Status.leader)
    const member = this.members.find(({ endpoint }) => leading?.Endpoint.endsWith(endpoint))
    if (member === undefined) throw new Error('no member leads')
    return member
  }

  /** The revision of the last write. */
  async revision(): Promise<number> {
    const answer: { header: { revision: number } } = JSON.parse(await this.ctl(['get', 'x', '-w', 'json']))
    return answer.header.revision
  }

  /** Drops the history before `revision`. */
  async compact(revision: number): Promise<void> {
    await this.ctl(['compact', '--physical', String(revision)])
  }

  /** Writes a snapshot of the first member into `file`. */
  async snapshot(file: string): Promise<void> {
    await this.ctl(['snapshot', 'save', file], this.endpoints.slice(0, 1))
  }

  /** Kills all members and starts them anew with the data of `file`. A new token makes it another cluster. */
  async restore(file: string, token = 'thermosphere-test'): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    for (const place of this.#places) {
      await rm(this.#dataDirectory(place), { recursive: true, force: true })
      const args = ['snapshot', 'restore', file, `--data-dir=${this.#dataDirectory(place)}`, `--name=${place.name}`]
      const peers = [
        `--initial-cluster=${this.#initialCluster()}`,
        `--initial-cluster-token=${token}`,
        `--initial-advertise-peer-urls=${peerUrl(place)}`,
      ]
      await run('etcdctl', [...args, ...peers])
    }
    for (const member of this.members) member.start()
    await this.ready()
  }

  /** Kills a member, removes its data, and puts an empty one in its place, as an operator does after losing a disk. */
  async replaceDisk(member: EtcdMember): Promise<void> {
    const place = this.#places.find(({ name }) => name === member.name)
    if (place === undefined) throw new Error(`${member.name} is no member of this cluster`)
    await member.kill()
    await rm(this.#dataDirectory(place), { recursive: true, force: true })
    const peer = peerUrl(place)
    // Those that are left may be electing, and a change without an answer may have been made all the same.
    await eventually(`${member.name} to be removed`, async () => {
      const id = await this.#memberId(peer)
      return id === undefined || this.#change('remove', id)
    })
    await eventually(`${member.name} to be added`, async () => {
      return (await this.#memberId(peer)) !== undefined || this.#change('add', member.name, `--peer-urls=${peer}`)
    })
    member.start(['--initial-cluster-state=existing'])
  }

  /** Kills every member and removes the data. */
  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    await rm(this.directory, { recursive: true, force: true })
  }

  get #scheme(): string {
    return this.#options.tls === true ? 'https' : 'http'
  }

  #alive(): readonly EtcdMember[] {
    return this.members.filter(({ pid }) => pid !== undefined)
  }

  #anyAlive(): string {
    const [first] = this.#alive()
    if (first === undefined) throw new Error('no member runs')
    return first.endpoint
  }

  async #change(...args: readonly string[]): Promise<true> {
    await this.ctl(['member', ...args], [this.#anyAlive()])
    return true
  }

  /** Lines of `etcdctl member list` are `id, status, name, peer URLs, client URLs, is learner`. */
  async #memberId(peer: string): Promise<string | undefined> {
    const lines = (await this.ctl(['member', 'list'], [this.#anyAlive()])).split('\n')
    return lines.map((line) => line.split(', ')).find((columns) => columns[3] === peer)?.[0]
  }

  #dataDirectory(place: Place): string {
    return join(this.directory, place.name)
  }

  #initialCluster(): string {
    return this.#places.map((place) => `${place.name}=${peerUrl(place)}`).join(',')
  }

  #memberArgs(place: Place): string[] {
    const client = `${this.#scheme}://127.0.0.1:${place.clientPort}`
    const file = (name: string): string => join(this.directory, name)
    return [
      `--name=${place.name}`,
      `--data-dir=${this.#dataDirectory(place)}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peerUrl(place)}`,
      `--initial-advertise-peer-urls=${peerUrl(place)}`,
      `--initial-cluster=${this.#initialCluster()}`,
      '--initial-cluster-token=thermosphere-test',
      ...(this.#options.tls === true ? [`--cert-file=${file('server.pem')}`, `--key-file=${file('server.key')}`] : []),
      ...(this.#options.tls === true ? [`--trusted-ca-file=${file('ca.pem')}`, '--client-cert-auth'] : []),
    ]
  }

  #tlsParameters(): Record<string, string> {
    if (this.#options.tls !== true) return {}
    const file = (name: string): string => join(this.directory, name)
    return { ca_file: file('ca.pem'), cert_file: file('client.pem'), key_file: file('client.key') }
  }

  #loginParameters(): Record<string, string> {
    if (this.#options.rootPassword === undefined) return {}
    return { user: 'root', password_file: join(this.directory, 'root.password') }
  }

  async #enableLogins(password: string): Promise<void> {
    writeFileSync(join(this.directory, 'root.password'), password)
    await this.ctl(['user', 'add', `root:${password}`])
    await this.ctl(['user', 'grant-role', 'root', 'root'])
    await this.ctl(['auth', 'enable'])
  }

  #logs(): string {
    return this.members
      .map(({ name }) => join(this.directory, `${name}.log`))
      .map((file) => (existsSync(file) ? readFileSync(file, 'utf8').slice(-2_000) : ''))
      .join('\n')
  }
}

const peerUrl = ({ peerPort }: Place): string => `http://127.0.0.1:${peerPort}`

/** A CA, and certificates by it for 127.0.0.1 and for a client. */
async function createCertificates(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test CA')
  for (const name of ['server', 'client']) {
    await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    writeFileSync(join(directory, `${name}.ext`), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
    await openssl('x509', '-req', '-in', `${name}.csr`, ...ca, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
  }
}

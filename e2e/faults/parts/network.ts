/**
 * Machines of a cluster as network namespaces, joined by a bridge. The run itself sits on the bridge with an address of
 * its own that no fault touches, so it sees every part through every partition.
 */
import { execFileSync } from 'node:child_process'
import type { Host } from './host.ts'

/** Packets that one drops from another: one way. */
export type Cut = { readonly from: string; readonly to: string }

type Machine = Host & { readonly namespace: string }

const run = (program: string, ...args: readonly string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const within = (namespace: string, program: string, ...args: readonly string[]): void =>
  run('ip', 'netns', 'exec', namespace, program, ...args)

/** Both ways between each of one side and each of the other. */
export const between = (some: readonly string[], others: readonly string[]): Cut[] =>
  some.flatMap((one) => others.flatMap((other) => oneWay([one], [other]).concat(oneWay([other], [one]))))

export const oneWay = (senders: readonly string[], receivers: readonly string[]): Cut[] =>
  senders.flatMap((from) => receivers.map((to) => ({ from, to })))

export class Network {
  readonly #bridge: string
  readonly #machines: readonly Machine[]
  /** Whether the kernel can delay packets; without it bad links only lose them. */
  readonly hasDelay: boolean

  private constructor(bridge: string, machines: readonly Machine[], hasDelay: boolean) {
    this.#bridge = bridge
    this.#machines = machines
    this.hasDelay = hasDelay
  }

  static create(names: readonly string[]): Network {
    const bridge = `tf${process.pid}`
    const subnet = `10.99.${process.pid % 250}`
    const machines = names.map((name, index): Machine => {
      const namespace = `${bridge}-${name}`
      return {
        name,
        ip: `${subnet}.${index + 1}`,
        namespace,
        // Not `ip netns exec`: that mounts another /sys, in which agents find no cgroups.
        enter: ['nsenter', `--net=/run/netns/${namespace}`, '--'],
      }
    })
    run('ip', 'link', 'add', bridge, 'type', 'bridge')
    run('ip', 'addr', 'add', `${subnet}.254/24`, 'dev', bridge)
    run('ip', 'link', 'set', bridge, 'up')
    for (const [index, machine] of machines.entries()) join(machine, { bridge, link: `${bridge}v${index}` })
    return new Network(bridge, machines, canDelay(machines[0]?.namespace ?? ''))
  }

  host(name: string): Host {
    return this.#machine(name)
  }

  get names(): string[] {
    return this.#machines.map(({ name }) => name)
  }

  #machine(name: string): Machine {
    const machine = this.#machines.find((one) => one.name === name)
    if (machine === undefined) throw new Error(`no machine ${name}`)
    return machine
  }

  /** From now on these packets are dropped where they arrive, and no others. */
  cut(cuts: readonly Cut[]): void {
    for (const { namespace, name } of this.#machines) {
      const from = cuts.filter(({ to }) => to === name).map((cut) => this.#machine(cut.from).ip)
      filter(namespace, from.length === 0 ? [] : [`ip saddr { ${[...new Set(from)].join(', ')} } drop`])
    }
  }

  /** Links that lose one packet of twenty and, where the kernel can, delay the others. */
  spoil(): void {
    for (const { namespace } of this.#machines) {
      const delay = ['netem', 'delay', '200ms', '200ms', 'loss', '5%', 'duplicate', '1%']
      if (this.hasDelay) within(namespace, 'tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', ...delay)
      else filter(namespace, [`ip saddr != ${this.#gateway()} numgen random mod 100 < 5 drop`])
    }
  }

  #gateway(): string {
    return (this.#machines[0]?.ip ?? '').replace(/\d+$/, '254')
  }

  heal(): void {
    for (const { namespace } of this.#machines) {
      filter(namespace, [])
      if (this.hasDelay) within(namespace, 'tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', 'pfifo')
    }
  }

  /** Shell commands that remove all of it. */
  undo(): string[] {
    const links = this.#machines.map((_, index) => `ip link del ${this.#bridge}v${index}`)
    const spaces = this.#machines.map(({ namespace }) => `ip netns del ${namespace}`)
    return [...links, ...spaces, `ip link del ${this.#bridge}`]
  }

  remove(): void {
    execFileSync('sh', ['-c', this.undo().join('\n')], { stdio: 'ignore' })
  }
}

function join({ namespace, ip }: Machine, { bridge, link }: { bridge: string; link: string }): void {
  run('ip', 'netns', 'add', namespace)
  run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  run('ip', 'link', 'set', link, 'master', bridge, 'up')
  within(namespace, 'ip', 'addr', 'add', `${ip}/24`, 'dev', 'eth0')
  within(namespace, 'ip', 'link', 'set', 'eth0', 'up')
  within(namespace, 'ip', 'link', 'set', 'lo', 'up')
}

function canDelay(namespace: string): boolean {
  try {
    within(namespace, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'netem', 'delay', '0ms')
    within(namespace, 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root')
    return true
  } catch {
    return false
  }
}

/** Replaces the rules of a machine in one step. */
function filter(namespace: string, rules: readonly string[]): void {
  const chain = `chain arriving { type filter hook input priority 0; policy accept;\n${rules.join('\n')}\n}`
  const text = `table inet faults {}\ndelete table inet faults\ntable inet faults {\n${chain}\n}\n`
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] })
}

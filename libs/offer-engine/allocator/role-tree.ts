import { isReserved, reservationRole, roleAncestors } from '../resources/index.ts'
import type { Item, Resources } from '../resources/index.ts'
import { BitSet } from './bit-set.ts'
import type { RoleFilters } from './filters/decline-filters.ts'
import { DrfOrder } from './order/drf-order.ts'
import type { ClusterTotal, Competitor, Order, SorterKind } from './order/order.ts'
import { RandomOrder } from './order/random-order.ts'
import { createBounds, QuotaBooks } from './quota/quota-books.ts'
import type { RoleBounds } from './quota/quota-books.ts'
import { countsAgainstQuota } from './quota/quota-scalars.ts'
import type { Allocation, Quota } from './types.ts'
import { addAt, isZero } from './vectors.ts'
import type { ScalarNames, Vector } from './vectors.ts'

/** How roles, and the frameworks of a role, are put in order. */
export interface Sorters {
  readonly roles: SorterKind
  readonly frameworks: SorterKind
}

/** A framework within one role. */
export interface Client extends Competitor {
  readonly frameworkId: string
  /** Small; given again after the client is gone, and with it its filters. */
  readonly index: number
  subscribed: boolean
  /** Subscribed, not suppressed, and its framework active. */
  active: boolean
  readonly sharedUses: Map<string, number>
  /** Its decline filters, once looked up. */
  declines: RoleFilters | undefined
}

export interface Branch extends Competitor {
  /** The role below, or the role itself beside its children. */
  readonly node: RoleNode
  readonly isLeaf: boolean
}

type ScalarItem = Extract<Item, { type: 'SCALAR' }>

interface Change {
  readonly node: RoleNode
  readonly client: Client
  readonly agentId: string
  readonly resources: Resources
  readonly sign: 1 | -1
}

/** One role of the tree. Its figures include those of the roles below it. */
export class RoleNode {
  readonly role: string
  /** Names its children in lots. */
  readonly level: string
  readonly parent: RoleNode | undefined
  readonly children = new Map<string, RoleNode>()
  readonly clients = new Map<string, Client>()
  readonly clientOrder: Order<Client>
  readonly branchOrder: Order<Branch>
  /** This role as a competitor of its siblings, and (leaf) of its own children. */
  readonly branch: Branch
  readonly leaf: Branch
  /** Reserved to the subtree, in use or not. */
  readonly reserved: Vector = []
  /** Unreserved and not revocable, offered to or used by the subtree. */
  readonly consumed: Vector = []
  readonly sharedUses = new Map<string, number>()
  activeClients = 0
  /** Those of the top-level role above it, or its own. */
  readonly bounds: RoleBounds

  constructor(role: string, parent: RoleNode | undefined, { total, sorters }: Ordering) {
    this.role = role
    this.level = `${role}/`
    this.parent = parent
    this.bounds = parent?.parent ? parent.bounds : createBounds()
    this.clientOrder = createOrder(sorters.frameworks, total)
    this.branchOrder = createOrder(sorters.roles, total)
    this.branch = createBranch(role, this, false)
    this.leaf = createBranch(`${role}/.`, this, true)
  }

  get weight(): number {
    return this.branch.weight
  }

  /** Only top-level roles have one of their own. */
  get quota(): Quota | undefined {
    return this.parent?.parent ? undefined : this.bounds.quota
  }
}

interface Ordering {
  readonly total: ClusterTotal
  readonly sorters: Sorters
}

function createOrder<C extends Competitor>(kind: SorterKind, total: ClusterTotal): Order<C> {
  return kind === 'drf' ? new DrfOrder<C>(total) : new RandomOrder<C>()
}

function createBranch(path: string, node: RoleNode, isLeaf: boolean): Branch {
  return { path, node, isLeaf, weight: 1, allocated: [], count: 0, place: undefined }
}

/** All roles that matter: with frameworks, allocations, reservations, quota or a weight, and their ancestors. */
export class RoleTree {
  readonly root: RoleNode
  readonly quotas: QuotaBooks
  /** By index: the clients that get offers. */
  readonly activeClients = new BitSet()
  private readonly nodes = new Map<string, RoleNode>()
  private readonly ordering: Ordering
  private readonly names: ScalarNames
  private readonly freeIndexes: number[] = []
  private lastIndex = 0

  constructor(ordering: Ordering, names: ScalarNames) {
    this.ordering = ordering
    this.names = names
    this.root = new RoleNode('', undefined, ordering)
    const { quotaScalars: all } = ordering.total
    this.quotas = new QuotaBooks(names, (i) => (all[i] ?? 0) - (this.root.consumed[i] ?? 0))
  }

  get(role: string): RoleNode | undefined {
    return this.nodes.get(role)
  }

  /** By name. */
  all(): RoleNode[] {
    return [...this.nodes.values()].sort((a, b) => (a.role < b.role ? -1 : 1))
  }

  ensure(role: string): RoleNode {
    const known = this.nodes.get(role)
    if (known) return known
    const parentRole = roleAncestors(role).at(-1)
    const parent = parentRole === undefined ? this.root : this.ensure(parentRole)
    const node = new RoleNode(role, parent, this.ordering)
    this.nodes.set(role, node)
    parent.children.set(role, node)
    return node
  }

  /** Removes the role and its ancestors as far as nothing is left in them. */
  prune(role: string): void {
    const node = this.nodes.get(role)
    if (!node?.parent || !isIdle(node)) return
    this.nodes.delete(role)
    node.parent.children.delete(role)
    if (node.parent !== this.root) this.prune(node.parent.role)
  }

  client(role: string, frameworkId: string): Client {
    const node = this.ensure(role)
    const known = node.clients.get(frameworkId)
    if (known) return known
    const client: Client = {
      path: frameworkId,
      frameworkId,
      index: this.freeIndexes.pop() ?? this.lastIndex++,
      weight: 1,
      allocated: [],
      count: 0,
      place: undefined,
      subscribed: false,
      active: false,
      sharedUses: new Map(),
      declines: undefined,
    }
    node.clients.set(frameworkId, client)
    return client
  }

  /** Whether the framework takes part in the role, and whether it gets offers there now. */
  setClient(role: string, frameworkId: string, state: { subscribed: boolean; active: boolean }): void {
    if (!state.subscribed && !this.nodes.get(role)?.clients.has(frameworkId)) return
    const client = this.client(role, frameworkId)
    client.subscribed = state.subscribed
    if (client.active !== state.active) this.activate(this.ensure(role), client, state.active)
    this.forgetIdle(role, client)
  }

  private activate(node: RoleNode, client: Client, active: boolean): void {
    client.active = active
    this.activeClients[active ? 'add' : 'delete'](client.index)
    if (active) node.clientOrder.add(client)
    else node.clientOrder.remove(client)
    if (node.clientOrder.size === (active ? 1 : 0)) setBranch(node, node.leaf, active)
    for (let at: RoleNode = node; at.parent; at = at.parent) {
      at.activeClients += active ? 1 : -1
      if (at.activeClients === (active ? 1 : 0)) setBranch(at.parent, at.branch, active)
    }
  }

  setWeight(role: string, weight: number): void {
    const node = this.ensure(role)
    node.branch.weight = weight
    node.parent?.branchOrder.touch(node.branch)
    this.prune(role)
  }

  setQuota(role: string, quota: Quota | undefined): void {
    const node = this.ensure(role)
    this.quotas.set(node, quota)
    this.prune(role)
  }

  /** Resources were offered to a framework or are used by it; all are allocated to `role`. */
  track({ role, frameworkId, agentId, resources }: Allocation): void {
    this.trackClient({ node: this.ensure(role), client: this.client(role, frameworkId), agentId, resources })
  }

  /** The same, where role and framework are at hand. */
  trackClient({ node, client, agentId, resources }: Omit<Change, 'sign'>): void {
    client.count++
    node.leaf.count++
    this.book({ node, client, agentId, resources, sign: 1 })
  }

  /** The same resources are given back. */
  untrack({ role, frameworkId, agentId, resources }: Allocation): void {
    const client = this.client(role, frameworkId)
    this.book({ node: this.ensure(role), client, agentId, resources, sign: -1 })
    this.forgetIdle(role, client)
  }

  private book(change: Change): void {
    const { node: role, client } = change
    for (const item of change.resources.items) if (item.type === 'SCALAR') this.bookScalar(item, change)
    role.clientOrder.touch(client)
    role.branchOrder.touch(role.leaf)
    for (let node: RoleNode = role; node.parent; node = node.parent) {
      if (change.sign > 0) node.branch.count++
      if (node.parent === this.root) this.quotas.refresh(node)
      node.parent.branchOrder.touch(node.branch)
    }
  }

  /** A shared resource counts for a share while anybody on the agent uses it, once. */
  private bookScalar(item: ScalarItem, change: Change): void {
    const { node: role, client } = change
    const index = this.names.indexOf(item.meta.name)
    const milli = change.sign * item.milli
    const isConsumed = countsAgainstQuota(item)
    if (changesShare(client.sharedUses, item, change)) addAt(client.allocated, index, milli)
    const isRoles = changesShare(role.sharedUses, item, change)
    if (isRoles) addAt(role.leaf.allocated, index, milli)
    for (let node: RoleNode = role; node.parent; node = node.parent) {
      if (node === role ? isRoles : changesShare(node.sharedUses, item, change)) {
        addAt(node.branch.allocated, index, milli)
      }
      if (isConsumed) addAt(node.consumed, index, milli)
    }
    if (isConsumed) addAt(this.root.consumed, index, milli)
  }

  private addItem(vector: Vector, item: Item, sign: 1 | -1): void {
    if (item.type === 'SCALAR') addAt(vector, this.names.indexOf(item.meta.name), sign * item.milli)
  }

  /** The reservations within an agent's total came or went. */
  trackReservations(total: Resources, sign: 1 | -1): void {
    for (const item of total.items) {
      if (item.type !== 'SCALAR' || !isReserved(item.meta)) continue
      const role = reservationRole(item.meta)
      for (let node: RoleNode | undefined = this.ensure(role); node; node = node.parent) {
        this.addItem(node.reserved, item, sign)
        if (node.parent === this.root) this.quotas.refresh(node)
      }
      if (sign < 0) this.prune(role)
    }
  }

  private forgetIdle(role: string, client: Client): void {
    const isIdle = !client.subscribed && isZero(client.allocated) && client.sharedUses.size === 0
    if (isIdle && this.nodes.get(role)?.clients.delete(client.frameworkId)) this.freeIndexes.push(client.index)
    this.prune(role)
  }
}

function setBranch(parent: RoleNode, branch: Branch, active: boolean): void {
  if (active) parent.branchOrder.add(branch)
  else parent.branchOrder.remove(branch)
}

function isIdle(node: RoleNode): boolean {
  return (
    node.children.size === 0 &&
    node.clients.size === 0 &&
    node.quota === undefined &&
    node.weight === 1 &&
    isZero(node.reserved) &&
    isZero(node.branch.allocated)
  )
}

function changesShare(uses: Map<string, number>, { meta, copies }: ScalarItem, { agentId, sign }: Change): boolean {
  return !meta.shared || firstOrLastUse(uses, `${agentId}\u0000${meta.key}`, copies * sign)
}

function firstOrLastUse(uses: Map<string, number>, key: string, change: number): boolean {
  const before = uses.get(key) ?? 0
  const after = before + change
  if (after > 0) uses.set(key, after)
  else uses.delete(key)
  return before <= 0 || after <= 0
}

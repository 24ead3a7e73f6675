import type { RoleNode } from './role-tree.ts'
import type { RoleSnapshot } from './types.ts'
import { addVector } from './vectors.ts'
import type { ScalarNames } from './vectors.ts'

export function snapshotRole(node: RoleNode, names: ScalarNames): RoleSnapshot {
  const quotaOfferedOrConsumed = [...node.reserved]
  addVector(quotaOfferedOrConsumed, node.consumed)
  const subscribed = [...node.clients.values()].filter((client) => client.subscribed)
  return {
    role: node.role,
    weight: node.weight,
    frameworks: subscribed.map((client) => client.frameworkId).sort(),
    quota: node.quota,
    offeredOrAllocated: names.toQuantities(node.branch.allocated),
    reserved: names.toQuantities(node.reserved),
    quotaOfferedOrConsumed: names.toQuantities(quotaOfferedOrConsumed),
  }
}

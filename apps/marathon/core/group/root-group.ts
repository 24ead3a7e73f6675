/**
 * The tree of groups and apps, flat: ids are absolute paths, so the tree is in the ids.
 * A root is never changed in place; edits go through `editRoot` and give a new one.
 */
import { isWithin, isWithinOrEqual, parentOf } from '../ids/index.ts'
import type { App } from '../app/index.ts'

export type Group = {
  readonly id: string
  readonly dependencies: readonly string[]
  readonly enforceRole: boolean | undefined
  readonly version: string
}

export type RootGroup = {
  readonly version: string
  readonly groups: ReadonlyMap<string, Group>
  readonly apps: ReadonlyMap<string, App>
}

export function emptyRoot(version: string): RootGroup {
  const root: Group = { id: '/', dependencies: [], enforceRole: undefined, version }
  return { version, groups: new Map([['/', root]]), apps: new Map() }
}

export function appsWithin(root: RootGroup, groupId: string): App[] {
  return [...root.apps.values()].filter((app) => isWithin(app.id, groupId))
}

export function childGroups(root: RootGroup, groupId: string): Group[] {
  return [...root.groups.values()].filter((group) => group.id !== '/' && parentOf(group.id) === groupId)
}

export function childApps(root: RootGroup, groupId: string): App[] {
  return [...root.apps.values()].filter((app) => parentOf(app.id) === groupId)
}

/** The top-level group an id lies in, undefined for the root and for apps of the root. */
export function topLevelOf(id: string): string | undefined {
  const parts = id.split('/')
  return parts.length > 2 ? `/${parts[1]}` : undefined
}

/** Collects changes; `finish` stamps every group on a changed path with the new version. */
export class RootEditor {
  readonly #base: RootGroup
  readonly #groups: Map<string, Group>
  readonly #apps: Map<string, App>
  readonly #touched = new Set<string>()
  readonly #enforceRoleOfNew: boolean

  constructor(base: RootGroup, options: { readonly enforceRoleOfNew: boolean }) {
    this.#base = base
    this.#groups = new Map(base.groups)
    this.#apps = new Map(base.apps)
    this.#enforceRoleOfNew = options.enforceRoleOfNew
  }

  app(id: string): App | undefined {
    return this.#apps.get(id)
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id)
  }

  /** Direct apps of a group. */
  appsOf(groupId: string): App[] {
    return [...this.#apps.values()].filter((app) => parentOf(app.id) === groupId)
  }

  /** Direct sub-groups of a group. */
  groupsOf(groupId: string): Group[] {
    return [...this.#groups.values()].filter((group) => group.id !== '/' && parentOf(group.id) === groupId)
  }

  putApp(app: App): void {
    this.ensureGroup(parentOf(app.id))
    // An empty group gives way to an app of its name.
    if (this.#groups.has(app.id) && this.#isEmptyGroup(app.id)) this.#groups.delete(app.id)
    this.#apps.set(app.id, app)
    this.#touch(app.id)
  }

  removeApp(id: string): void {
    if (this.#apps.delete(id)) this.#touch(id)
  }

  ensureGroup(id: string): Group {
    const existing = this.#groups.get(id)
    if (existing !== undefined) return existing
    this.ensureGroup(parentOf(id))
    const isTopLevel = parentOf(id) === '/'
    const enforceRole = isTopLevel ? this.#enforceRoleOfNew : undefined
    const group: Group = { id, dependencies: [], enforceRole, version: this.#base.version }
    this.putGroup(group)
    return group
  }

  putGroup(group: Group): void {
    if (group.id !== '/') this.ensureGroup(parentOf(group.id))
    this.#groups.set(group.id, group)
    this.#touch(group.id)
  }

  /** Removes the group with all that is in it; of the root only what is in it. */
  removeGroup(id: string): void {
    for (const app of [...this.#apps.keys()]) if (isWithin(app, id)) this.#apps.delete(app)
    for (const group of [...this.#groups.keys()])
      if (group !== '/' && isWithinOrEqual(group, id)) this.#groups.delete(group)
    this.#touch(id)
  }

  removeGroupIfEmpty(id: string): void {
    if (id !== '/' && this.#isEmptyGroup(id)) this.removeGroup(id)
  }

  finish(version: string): RootGroup {
    for (const id of this.#touched) {
      const group = this.#groups.get(id)
      if (group !== undefined) this.#groups.set(id, { ...group, version })
    }
    return { version, groups: this.#groups, apps: this.#apps }
  }

  #isEmptyGroup(id: string): boolean {
    const isInside = (other: string): boolean => isWithin(other, id)
    return !this.#apps.keys().some(isInside) && !this.#groups.keys().some(isInside)
  }

  #touch(id: string): void {
    for (let group = id; ; group = parentOf(group)) {
      this.#touched.add(group)
      if (group === '/') return
    }
  }
}

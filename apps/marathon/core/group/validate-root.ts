/** Rules that hold over the whole tree. */
import { parentOf } from '../ids/index.ts'
import { problem, validateApp } from '../app/index.ts'
import type { App, Problem } from '../app/index.ts'
import { hasCycle } from './dependencies.ts'
import { topLevelOf } from './root-group.ts'
import type { RootGroup } from './root-group.ts'

/** `appId` names the app a problem is in; its path is one inside that app. */
export type RootProblem = Problem & { readonly appId?: string }

export type RootRules = {
  readonly features: ReadonlySet<string>
  readonly mesosRole: string
  readonly appsMax: number | undefined
}

/** The role a new app of this id gets. */
export function defaultRole(root: RootGroup, appId: string, rules: RootRules): string {
  const group = topLevelOf(appId)
  return group !== undefined && root.groups.get(group)?.enforceRole === true ? group.slice(1) : rules.mesosRole
}

type Change = { readonly app: App; readonly before: App | undefined }

function allowedRoles(root: RootGroup, { app, before }: Change, rules: RootRules): string[] {
  const group = topLevelOf(app.id)
  const isEnforced = group !== undefined && root.groups.get(group)?.enforceRole === true
  const own = isEnforced ? [group.slice(1)] : [rules.mesosRole, ...(group === undefined ? [] : [group.slice(1)])]
  return [...new Set(before === undefined ? own : [...own, before.role])]
}

/** Problems of the apps that are new or changed, and of the tree as a whole. */
export function validateRoot(before: RootGroup, after: RootGroup, rules: RootRules): RootProblem[] {
  const found: RootProblem[] = []
  for (const app of after.apps.values()) {
    const previous = before.apps.get(app.id)
    if (previous === app) continue
    const roles = allowedRoles(after, { app, before: previous }, rules)
    const problems = validateApp(app, { features: rules.features, allowedRoles: roles })
    found.push(...problems.map((one) => ({ ...one, appId: app.id })))
  }
  return [...found, ...validateTree(after, rules)]
}

function validateTree(root: RootGroup, rules: RootRules): Problem[] {
  const found: Problem[] = []
  const isClash = (id: string): boolean => hasAppAbove(root, id)
  if (root.apps.keys().some((id) => root.groups.has(id) || isClash(id)) || root.groups.keys().some(isClash))
    found.push(problem('/', 'Groups and Applications may not have the same identifier.'))
  if (hasCycle(root)) found.push(problem('/', 'Dependency graph has cyclic dependencies.'))
  if (rules.appsMax !== undefined && root.apps.size > rules.appsMax)
    found.push(
      problem(
        '/',
        `This Marathon instance may only handle up to ${rules.appsMax} Apps! ` +
          '(Override with command line option --max_apps)',
      ),
    )
  return found
}

function hasAppAbove(root: RootGroup, id: string): boolean {
  for (let above = parentOf(id); above !== '/'; above = parentOf(above)) if (root.apps.has(above)) return true
  return false
}

/**
 * Access control lists as Mesos' `--acls` has them. Each action has an ordered list of rules; the first whose subject
 * and object both match decides, and it grants only if both also allow. Without one, `permissive` decides.
 */
import { z } from 'zod'
import { actions, authorizablePaths, objectsOf, wholesaleActions } from './actions.ts'
import type { Action } from './actions.ts'

/** What a rule is about, and what is asked for: certain values, whatever there is, or nothing at all. */
export type Entity = readonly string[] | 'ANY' | 'NONE'

const valueLengthMax = 4096
const rulesMax = 10_000

const entitySchema = z.strictObject({
  type: z.enum(['SOME', 'ANY', 'NONE']).optional(),
  values: z.array(z.string().max(valueLengthMax)).max(rulesMax).optional(),
})
const ruleSchema = z.record(z.string().max(64), entitySchema)
type EntityForm = z.infer<typeof entitySchema>
type RuleForm = z.infer<typeof ruleSchema>

/** The text of `--acls`: every action known, every rule with its two members. */
export const aclsSchema = z
  .object({ permissive: z.boolean().optional() })
  .catchall(z.array(ruleSchema).max(rulesMax))
  .superRefine(({ permissive: _permissive, ...lists }, context) => {
    for (const [name, rules] of Object.entries(lists)) {
      for (const message of listProblems(name, rules)) context.addIssue({ code: 'custom', message, path: [name] })
    }
  })

export type AclsForm = z.infer<typeof aclsSchema>

/** A misspelt action would be a rule that protects nothing. */
function listProblems(name: string, rules: readonly RuleForm[]): string[] {
  if (!isAction(name)) return ['is no action that rules can be about']
  const members = ['principals', objectsOf[name]]
  return rules.flatMap((rule, index) =>
    [...ruleProblems(rule, members), ...objectProblems(name, rule[objectsOf[name]])].map(
      (problem) => `rule ${index} ${problem}`,
    ),
  )
}

const isAction = (name: string): name is Action => actions.has(name)

function ruleProblems(rule: RuleForm, members: readonly string[]): string[] {
  const missing = members.filter((member) => rule[member] === undefined).map((member) => `lacks '${member}'`)
  const strange = Object.keys(rule)
    .filter((member) => !members.includes(member))
    .map((member) => `has '${member}', which is not one of ${members.join(', ')}`)
  const subtrees = (rule['roles']?.values ?? []).filter((role) => role.endsWith('/%'))
  const mixed = subtrees.length > 0 && rule['roles']?.values?.length !== 1
  return [
    ...missing,
    ...strange,
    ...(mixed ? [`has '${subtrees[0]}' beside other roles; give it a rule of its own`] : []),
  ]
}

/** Objects that nobody asks for would make a rule that protects nothing. */
function objectProblems(name: Action, { type = 'SOME', values = [] }: EntityForm = { type: 'ANY' }): string[] {
  if (type !== 'SOME') return []
  if (wholesaleActions.has(name)) return [`has values of '${objectsOf[name]}', which can only be of type ANY or NONE`]
  if (name !== 'get_endpoints') return []
  return values
    .filter((path) => !authorizablePaths.has(path))
    .map((path) => `has the path '${path}', which is not one of ${[...authorizablePaths].join(', ')}`)
}

type Rule = { readonly subject: Entity; readonly object: Entity }

export type Acls = { readonly permissive: boolean; readonly rules: ReadonlyMap<string, readonly Rule[]> }

const entityOf = ({ type = 'SOME', values = [] }: EntityForm): Entity => (type === 'SOME' ? values : type)

/** The rules, ready to be asked. */
export function readAcls({ permissive = true, ...lists }: AclsForm): Acls {
  const rules = new Map<string, Rule[]>()
  for (const [name, list] of Object.entries(lists)) {
    if (!isAction(name)) continue
    const member = objectsOf[name]
    const read = list.map((rule) => ({
      subject: entityOf(rule['principals'] ?? {}),
      object: entityOf(rule[member] ?? {}),
    }))
    rules.set(name, read)
  }
  return { permissive, rules }
}

type Question = { readonly action: Action; readonly subject: Entity; readonly object: Entity }

export function isAllowed({ permissive, rules }: Acls, { action, subject, object }: Question): boolean {
  for (const rule of rules.get(action) ?? []) {
    if (!matches(subject, rule.subject) || !matches(object, rule.object)) continue
    return allows(subject, rule.subject) && allows(object, rule.object)
  }
  return permissive
}

/** Without rules everything is permitted. Who did not log in asks as anybody; without an object, all are asked for. */
export function isPermitted(
  acls: Acls | undefined,
  action: Action,
  { principal, object }: { readonly principal: string | undefined; readonly object: string | undefined },
): boolean {
  return acls === undefined || isAllowed(acls, { action, subject: askedEntity(principal), object: askedEntity(object) })
}

const askedEntity = (value: string | undefined): Entity => (value === undefined ? 'ANY' : [value])

function matches(asked: Entity, rule: Entity): boolean {
  if (asked === 'NONE') return rule === 'NONE'
  if (rule === 'ANY' || rule === 'NONE') return true
  return asked !== 'ANY' && covers(rule, asked)
}

/** Of a rule that matches. */
function allows(asked: Entity, rule: Entity): boolean {
  return rule !== 'NONE' || asked === 'NONE'
}

const covers = (rule: readonly string[], asked: readonly string[]): boolean =>
  asked.every((value) => rule.includes(value) || rule.some((one) => isBelow(value, one)))

/** `eng/%` is every role below `eng`, not `eng` itself. */
const isBelow = (role: string, rule: string): boolean =>
  rule.endsWith('/%') && role.length > rule.length - 1 && role.startsWith(rule.slice(0, -1))

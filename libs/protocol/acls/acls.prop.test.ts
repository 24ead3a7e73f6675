import fc from 'fast-check'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { aclsSchema, isAllowed, readAcls } from './acls.ts'
import type { Entity } from './acls.ts'
import { objectsOf, wholesaleActions } from './actions.ts'
import type { Action } from './actions.ts'

const read = (form: unknown) => readAcls(aclsSchema.parse(form))
const problemsOf = (form: unknown): string[] =>
  aclsSchema.safeParse(form).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []

const formOf = (entity: Entity): object => (typeof entity === 'string' ? { type: entity } : { values: entity })
const some = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
const entity: fc.Arbitrary<Entity> = fc.oneof(some, fc.constant('ANY' as const), fc.constant('NONE' as const))
const rule = fc.record({ subject: entity, object: entity })
/** Those whose objects can have any name. */
const action = fc.constantFrom(
  ...(Object.keys(objectsOf) as Action[]).filter((one) => !wholesaleActions.has(one) && one !== 'get_endpoints'),
)

/** The table of the reference, read cell by cell: undefined is no match. */
function cell(asked: Entity, entry: Entity): 'allow' | 'deny' | undefined {
  const row = typeof asked === 'string' ? asked : 'values'
  const column = typeof entry === 'string' ? entry : 'values'
  const isSubset = typeof asked !== 'string' && asked.every((one) => entry.includes(one))
  const table = {
    values: { values: isSubset ? 'allow' : undefined, ANY: 'allow', NONE: 'deny' },
    ANY: { values: undefined, ANY: 'allow', NONE: 'deny' },
    NONE: { values: undefined, ANY: undefined, NONE: 'allow' },
  } as const
  return table[row][column]
}

test('[mesos 205] the first rule that matches decides as the table says, of every action whose objects have names', () => {
  const world = fc.record({
    action,
    rules: fc.array(rule, { maxLength: 5 }),
    permissive: fc.option(fc.boolean(), { nil: undefined }),
    subject: entity,
    object: entity,
  })
  fc.assert(
    fc.property(world, ({ action: one, rules, permissive, subject, object }) => {
      const list = rules.map((r) => ({ principals: formOf(r.subject), [objectsOf[one]]: formOf(r.object) }))
      const acls = read({ ...(permissive !== undefined && { permissive }), [one]: list })
      const cells = rules.map((r) => [cell(subject, r.subject), cell(object, r.object)])
      const first = cells.find((pair) => pair.every((value) => value !== undefined))
      const expected = first ? first.every((value) => value === 'allow') : permissive !== false
      assert.equal(isAllowed(acls, { action: one, subject, object }), expected)
    }),
    { numRuns: 500 },
  )
})

test('[mesos 205] rules of one action say nothing about another', () => {
  const nobody = [{ principals: { type: 'NONE' }, users: { type: 'ANY' } }]
  const acls = read({ run_tasks: nobody })
  assert.equal(isAllowed(acls, { action: 'run_tasks', subject: ['p'], object: ['root'] }), false)
  assert.equal(isAllowed(acls, { action: 'access_sandboxes', subject: ['p'], object: ['root'] }), true)
})

test('[mesos 207] a/% is every role below a, not a itself, for whatever roles', () => {
  const name = fc.stringMatching(/^[a-z]{1,3}$/)
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(path, path, ([...base], [...role]) => {
      const [top, asked] = [base.join(''), role.join('')]
      const rules = [{ principals: { values: ['p'] }, roles: { values: [`${top}/%`] } }]
      const acls = read({ permissive: false, register_frameworks: rules })
      const ask = (one: string) => isAllowed(acls, { action: 'register_frameworks', subject: ['p'], object: [one] })
      assert.equal(ask(top), false)
      assert.equal(ask(`${top}/${asked}`), true)
      assert.equal(ask(`${top}${asked}`), false)
      assert.equal(ask(asked), asked.startsWith(`${top}/`))
    }),
    { numRuns: 500 },
  )
})

suite('[mesos 205] rules that are not understood are refused', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ run_task: [] }, /^run_task is no action/],
    [{ run_tasks: true }, /^run_tasks .*array/],
    [{ permissive: [] }, /^permissive .*boolean/],
    [{ run_tasks: [{ principals: { type: 'ANY' } }] }, /^run_tasks rule 0 lacks 'users'/],
    [{ run_tasks: [{ principals: {}, users: {}, roles: {} }] }, /^run_tasks rule 0 has 'roles'/],
    [{ run_tasks: [{ principals: { type: 'SOMEBODY' }, users: {} }] }, /SOME/],
    [
      { set_log_level: [{ principals: {}, level: { values: ['3'] } }] },
      /^set_log_level rule 0 has values of 'level', which can only be of type ANY or NONE/,
    ],
    [
      { get_endpoints: [{ principals: {}, paths: { values: ['/containers', '/state'] } }] },
      /^get_endpoints rule 0 has the path '\/state', which is not one of .*\/containers,/,
    ],
    [{ update_quotas: [{ principals: {}, roles: { values: ['a/%', 'b'] } }] }, /has 'a\/%' beside other roles/],
  ]
  for (const [form, why] of cases) {
    test(JSON.stringify(form), () => assert.match(problemsOf(form).join('\n'), why))
  }
})

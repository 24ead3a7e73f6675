const forbidden = /[\t\n\v\f\r \x7f]/

/** Why `role` is no valid role name, in Mesos' words; undefined if it is one. */
export function validateRole(role: string): string | undefined {
  if (role === '*') return undefined
  if (role.startsWith('/')) return `Role '${role}' cannot start with a slash`
  if (role.endsWith('/')) return `Role '${role}' cannot end with a slash`
  if (role.includes('//')) return `Role '${role}' cannot contain two adjacent slashes`
  if (role === '') return 'Role names cannot be the empty string'
  for (const component of role.split('/')) {
    const error = validateComponent(role, component)
    if (error !== undefined) return error
  }
  return undefined
}

function validateComponent(role: string, component: string): string | undefined {
  if (component === '.') return `Role '${role}' cannot include '.' as a component`
  if (component === '..') return `Role '${role}' cannot include '..' as a component`
  if (component === '*') return `Role '${role}' cannot include '*' as a component`
  if (component.startsWith('-')) return `Role component '${component}' is invalid because it starts with a dash`
  if (forbidden.test(component)) {
    return `Role component '${component}' is invalid because it contains backspace or whitespace`
  }
  return undefined
}

/** `a/b/c` → [`a`, `a/b`]. */
export function roleAncestors(role: string): string[] {
  const ancestors: string[] = []
  for (let i = role.indexOf('/'); i >= 0; i = role.indexOf('/', i + 1)) ancestors.push(role.slice(0, i))
  return ancestors
}

/** The top-level role above `role`, or itself: quota is held there. */
export function topLevelRole(role: string): string {
  const slash = role.indexOf('/')
  return slash < 0 ? role : role.slice(0, slash)
}

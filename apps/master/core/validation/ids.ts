const idMax = 255

const forbidden = /[\u0000-\u001f\u007f/\\]/

/** Why an id cannot be one (it becomes a directory name), or undefined. */
export function idProblem(id: string): string | undefined {
  if (id === '') return 'ID must not be empty'
  if (id.length > idMax) return `ID must not be greater than ${idMax} characters`
  if (id === '.' || id === '..') return `'${id}' is disallowed`
  if (forbidden.test(id)) return `'${id}' contains invalid characters`
  return undefined
}

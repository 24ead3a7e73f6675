/** Which exports nobody imports, and which imports reach past the index of another folder. Reads syntax alone. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

type Module = {
  readonly path: string
  readonly text: string
  /** Names that it declares and exports itself. */
  readonly exported: readonly string[]
  /** What it takes from which file; `*` is everything. */
  readonly imported: readonly { readonly from: string; readonly names: readonly string[] }[]
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

const isDefault = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)

function declaredNames(node: ts.Statement): string[] {
  if (!isExported(node) || isDefault(node)) return []
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
  }
  const isNamed =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  return isNamed && node.name !== undefined ? [node.name.text] : []
}

function importedNames(node: ts.ImportDeclaration | ts.ExportDeclaration): string[] {
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause
    if (clause === undefined || ts.isNamespaceExport(clause)) return ['*']
    return clause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
  }
  const bindings = node.importClause?.namedBindings
  if (bindings === undefined) return []
  if (ts.isNamespaceImport(bindings)) return ['*']
  return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
}

const resolve = (path: string, specifier: string): string => normalize(join(dirname(path), specifier))

function readModule(path: string): Module {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const text = readFileSync(path, 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind)
  const imported: { from: string; names: string[] }[] = []
  const visitDynamic = (node: ts.Node): void => {
    const [argument] =
      ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments : []
    if (argument !== undefined && ts.isStringLiteral(argument)) {
      imported.push({ from: resolve(path, argument.text), names: ['*'] })
    }
    ts.forEachChild(node, visitDynamic)
  }
  visitDynamic(source)
  for (const node of source.statements) {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) continue
    const specifier = node.moduleSpecifier
    if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) continue
    imported.push({ from: resolve(path, specifier.text), names: importedNames(node) })
  }
  return { path, text, exported: source.statements.flatMap(declaredNames), imported }
}

/** An exported type that a signature of its own file names is there for its readers. */
const isUsedAtHome = (text: string, name: string): boolean =>
  (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1

const isIndex = (path: string): boolean => /(^|\/)index\.ts$/.test(path)

/** `file: name` for every export that nobody takes or names. What an index.ts exports is for others to take. */
export function deadExports(paths: readonly string[]): string[] {
  const modules = paths.filter((path) => !path.endsWith('.mjs')).map(readModule)
  const used = new Set(
    modules.flatMap(({ imported }) => imported.flatMap(({ from, names }) => names.map((n) => `${from} ${n}`))),
  )
  return modules
    .filter(({ path }) => !isIndex(path))
    .flatMap(({ path, text, exported }) =>
      exported.filter((name) => !isUsedAtHome(text, name)).map((name) => ({ path, name })),
    )
    .filter(({ path, name }) => !used.has(`${path} ${name}`) && !used.has(`${path} *`))
    .map(({ path, name }) => `${path}: ${name}`)
}

/** Imports that go past the index.ts of the folder they reach into. */
export function importsPastIndex(paths: readonly string[]): string[] {
  const hasIndex = new Map<string, boolean>()
  const guarded = (folder: string): boolean => {
    const known = hasIndex.get(folder)
    if (known !== undefined) return known
    const found = existsSync(`${folder}/index.ts`)
    hasIndex.set(folder, found)
    return found
  }
  return paths
    .filter((path) => !path.endsWith('.mjs') && !/\.(test|bench|e2e)\.ts$/.test(path))
    .map(readModule)
    .flatMap(({ path, imported }) => imported.map(({ from }) => ({ path, from })))
    .filter(({ path, from }) => !isIndex(from) && guarded(dirname(from)) && !`${path}/`.startsWith(`${dirname(from)}/`))
    .map(({ path, from }) => `${path} -> ${from}`)
}

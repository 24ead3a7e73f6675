/** Sizes of a source file that the tidy test holds against its limits. */
import ts from 'typescript'

export type Measures = {
  readonly columns: number
  readonly lines: number
  readonly functionLines: number
  readonly parameters: number
  readonly nesting: number
}

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  (ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)) &&
  node.body !== undefined

const isElseIf = (node: ts.Node): boolean => ts.isIfStatement(node.parent) && node.parent.elseStatement === node

const nests = (node: ts.Node): boolean =>
  (ts.isIfStatement(node) && !isElseIf(node)) ||
  ts.isIterationStatement(node, false) ||
  ts.isSwitchStatement(node) ||
  ts.isTryStatement(node)

/** JSX is mark-up, not nesting of decisions; a component may be longer than other functions. */
const returnsJsx = (node: ts.Node): boolean => {
  if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node)) return true
  return ts.forEachChild(node, (child) => (isFunction(child) ? false : returnsJsx(child))) ?? false
}

export function measure(path: string, text: string): Measures {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind)
  const textLines = text.split('\n')
  const result = { functionLines: 0, parameters: 0, nesting: 0 }
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node, depth: number): void => {
    let inner = depth
    if (isFunction(node)) {
      inner = 0
      const lines = lineOf(node.end) - lineOf(node.getStart()) + 1
      if (!returnsJsx(node)) result.functionLines = Math.max(result.functionLines, lines)
      result.parameters = Math.max(result.parameters, node.parameters.length)
    } else if (nests(node)) {
      inner = depth + 1
      result.nesting = Math.max(result.nesting, inner)
    }
    ts.forEachChild(node, (child) => visit(child, inner))
  }
  visit(source, 0)
  return {
    columns: Math.max(...textLines.map((line) => line.length)),
    lines: textLines.length - 1,
    ...result,
  }
}

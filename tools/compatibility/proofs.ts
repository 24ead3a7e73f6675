/** Which tests say that they prove a feature: tags in the strings of test sources, comments apart. */
import ts from 'typescript'

export type Proof = {
  /** `mesos 46` */
  readonly feature: string
  /** The title without its tags. */
  readonly title: string
  readonly path: string
}

export type Source = { readonly path: string; readonly text: string }

export type Proofs = { readonly proofs: readonly Proof[]; readonly complaints: readonly string[] }

const tagPattern = /\[([a-z]+) ([^\]]*)\]/g
const wellFormed = /^E?\d+(\.\d+)?$/

/** The text of a string or template; what a template puts in is shown as `…`. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
}

/** The title alone; commas that stood before a tag stay, as they belong to the sentence. */
const withoutTags = (text: string): string => text.replaceAll(tagPattern, '').replaceAll(/\s+/g, ' ').trim()

/** `areas` are the words that begin a tag; anything else in brackets is no tag. */
export function findProofs(sources: readonly Source[], areas: readonly string[], features: Set<string>): Proofs {
  const proofs: Proof[] = []
  const complaints: string[] = []
  const isTag = ([, area = '']: RegExpExecArray): boolean => areas.includes(area)
  const readString = (path: string, text: string, line: number): void => {
    const title = withoutTags(text)
    for (const [tag, area = '', id = ''] of [...text.matchAll(tagPattern)].filter(isTag)) {
      const feature = `${area} ${id}`
      const where = `${path}:${line}: ${tag}`
      if (!wellFormed.test(id))
        complaints.push(`${where} is no tag; write one for each feature, like [mesos 1] [mesos 2]`)
      else if (!features.has(feature)) complaints.push(`${where} names no feature of ${area}.json`)
      else if (title === '') complaints.push(`${where} stands alone; put it into the title of the test`)
      else proofs.push({ feature, title, path })
    }
  }
  for (const { path, text } of sources) {
    if (text.search(tagPattern) < 0) continue
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      const found = textOf(node)
      if (found !== undefined) readString(path, found, source.getLineAndCharacterOfPosition(node.getStart()).line + 1)
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return { proofs, complaints }
}

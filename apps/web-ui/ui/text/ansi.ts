/** Colours of a terminal line as plain segments; every other escape is dropped. Text stays text. */
type Segment = { text: string; colour: string | undefined; isBold: boolean }

const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
const escape = /\u001b(?:\[([0-9;?]*)([A-Za-z])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g

export function parseAnsi(line: string): Segment[] {
  if (!line.includes('\u001b')) return [{ text: line.replace(controls, ''), colour: undefined, isBold: false }]
  const segments: Segment[] = []
  let style = { colour: undefined as string | undefined, isBold: false }
  let from = 0
  const add = (text: string) => {
    const clean = text.replace(controls, '')
    if (clean !== '') segments.push({ text: clean, ...style })
  }
  for (const match of line.matchAll(escape)) {
    add(line.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') style = restyle(style, (match[1] ?? '').split(';').map(Number))
  }
  add(line.slice(from))
  return segments
}

type Style = { colour: string | undefined; isBold: boolean }

function restyle(style: Style, codes: readonly number[]): Style {
  let next = style
  for (const code of codes) {
    if (code === 0) next = { colour: undefined, isBold: false }
    else if (code === 1) next = { ...next, isBold: true }
    else if (code === 39) next = { ...next, colour: undefined }
    else if (code >= 30 && code <= 37) next = { ...next, colour: colours[code - 30] }
    else if (code >= 90 && code <= 97) next = { ...next, colour: colours[code - 90] }
  }
  return next
}

export const plainText = (line: string) =>
  parseAnsi(line)
    .map((segment) => segment.text)
    .join('')

/**
 * Regular expressions in linear time, for patterns that come from frameworks: the engine's own backtrack, and a hostile
 * pattern would stop the master. Each text is run through all states of the pattern at once.
 */
import { isWord, parsePattern } from './parse-pattern.ts'
import type { CharTest, Node } from './parse-pattern.ts'

type Instruction =
  | { readonly op: 'char'; readonly test: CharTest }
  | { readonly op: 'edge'; readonly edge: 'start' | 'end' | 'word' | 'no-word' }
  | { readonly op: 'split'; readonly targets: readonly [number, number] }
  | { readonly op: 'jump'; readonly target: number }
  | { readonly op: 'accept' }

/** Bounds the work a character of text can cost. */
const instructionsMax = 10_000

/** A compiled pattern in RE2's syntax. */
export class LinearPattern {
  private readonly program: Instruction[] = []

  /** Throws an Error that says what is wrong with the pattern. */
  constructor(pattern: string) {
    this.compile(parsePattern(pattern))
    this.emit({ op: 'accept' })
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    const chars = Array.from(text, (char) => char.codePointAt(0) ?? 0)
    let states = this.follow([0], chars, 0)
    for (const [i, char] of chars.entries()) {
      const next: number[] = []
      for (const state of states) {
        const instruction = this.program[state]
        if (instruction?.op === 'char' && instruction.test(char)) next.push(state + 1)
      }
      if (next.length === 0) return false
      states = this.follow(next, chars, i + 1)
    }
    return states.has(this.program.length - 1)
  }

  /** All states reachable without reading a character. */
  private follow(from: readonly number[], chars: readonly number[], at: number): Set<number> {
    const states = new Set<number>()
    const pending = [...from]
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (states.has(state)) continue
      states.add(state)
      const instruction = this.program[state]
      if (instruction?.op === 'split') pending.push(...instruction.targets)
      else if (instruction?.op === 'jump') pending.push(instruction.target)
      else if (instruction?.op === 'edge' && isAtEdge(instruction.edge, chars, at)) pending.push(state + 1)
    }
    return states
  }

  private compile(node: Node): void {
    switch (node.type) {
      case 'char':
        return void this.emit({ op: 'char', test: node.test })
      case 'edge':
        return void this.emit({ op: 'edge', edge: node.edge })
      case 'sequence':
        return node.parts.forEach((part) => this.compile(part))
      case 'choice':
        return this.compileChoice(node.options)
      case 'repeat':
        return this.compileRepeat(node)
    }
  }

  private compileChoice(options: readonly Node[]): void {
    const jumps: number[] = []
    for (const [i, option] of options.entries()) {
      if (i === options.length - 1) {
        this.compile(option)
        continue
      }
      const split = this.emit({ op: 'jump', target: 0 })
      this.compile(option)
      jumps.push(this.emit({ op: 'jump', target: 0 }))
      this.program[split] = { op: 'split', targets: [split + 1, this.program.length] }
    }
    for (const jump of jumps) this.program[jump] = { op: 'jump', target: this.program.length }
  }

  private compileRepeat({ node, min, max }: Extract<Node, { type: 'repeat' }>): void {
    for (let i = 0; i < min; i++) this.compile(node)
    if (max === Infinity) {
      const split = this.emit({ op: 'jump', target: 0 })
      this.compile(node)
      this.emit({ op: 'jump', target: split })
      this.program[split] = { op: 'split', targets: [split + 1, this.program.length] }
      return
    }
    const splits: number[] = []
    for (let i = min; i < max; i++) {
      splits.push(this.emit({ op: 'jump', target: 0 }))
      this.compile(node)
    }
    for (const split of splits) this.program[split] = { op: 'split', targets: [split + 1, this.program.length] }
  }

  private emit(instruction: Instruction): number {
    if (this.program.length >= instructionsMax) throw new Error('pattern too large')
    return this.program.push(instruction) - 1
  }
}

function isAtEdge(edge: 'start' | 'end' | 'word' | 'no-word', chars: readonly number[], at: number): boolean {
  if (edge === 'start') return at === 0
  if (edge === 'end') return at === chars.length
  const before = at > 0 && isWord(chars[at - 1] ?? 0)
  const after = at < chars.length && isWord(chars[at] ?? 0)
  return (before !== after) === (edge === 'word')
}

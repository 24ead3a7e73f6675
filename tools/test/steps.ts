/** The steps of `npm test`, and what each of them runs. */

export type Step = {
  readonly commands: readonly (readonly string[])[]
  /** It only computes: it takes what the steps that wait for processes leave of the processors. */
  readonly isBackground?: true
  /** It holds times: nothing runs beside it. */
  readonly isAlone?: true
  /** It counts as one test, of this name. */
  readonly test?: string
}

const node = process.execPath
const tsc = [node, 'node_modules/typescript-7/bin/tsc', '-p']
const simulate = [node, 'libs/simulation/simulate.ts']
const seeds = 200

const nx = (target: string, ...more: string[]): string[] => [
  'nx',
  'run-many',
  '-t',
  target,
  '--outputStyle=static',
  ...more,
]

export const steps: Readonly<Record<string, Step>> = {
  format: { commands: [['prettier', '--check', '--log-level=warn', '.']], isBackground: true },
  types: {
    commands: [
      [...tsc, 'tsconfig.json'],
      [...tsc, 'apps/web-ui/tsconfig.json'],
    ],
    isBackground: true,
  },
  // One process for all: the types behind the rules are read once instead of once a project.
  lint: { commands: [['eslint', '--no-warn-ignored', '.']], isBackground: true },
  unit: { commands: [nx('test')] },
  simulate: {
    commands: [[...simulate, '--seeds', String(seeds)]],
    isBackground: true,
    test: `simulate ${seeds} seeds`,
  },
  mutants: {
    commands: [[...simulate, '--mutants', '--recorded']],
    isBackground: true,
    test: 'find every planted bug at its recorded seed',
  },
  build: { commands: [nx('build')] },
  component: { commands: [nx('component', '--parallel=1')] },
  e2e: { commands: [nx('e2e', '--parallel=1')] },
  faults: { commands: [nx('faults', '--parallel=1')] },
  timed: { commands: [nx('timed', '--parallel=1')], isAlone: true },
}

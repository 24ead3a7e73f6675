import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'
import prettier from 'eslint-config-prettier'
import { createProjectGraphAsync } from '@nx/devkit'

// Without a graph the rule on boundaries is silently skipped.
process.env.NX_DAEMON ??= 'false'
await createProjectGraphAsync()

const servers = ['master', 'agent', 'marathon', 'chronos', 'gateway', 'cli']
const scopes = servers.map((scope) => ({
  sourceTag: `scope:${scope}`,
  onlyDependOnLibsWithTags: [`scope:${scope}`, 'scope:shared'],
}))

/** Who may import whom; ARCHITECTURE.md shows it. */
const boundaries = {
  enforceBuildableLibDependency: false,
  allowCircularSelfDependency: true,
  checkDynamicDependenciesExceptions: ['.*'],
  depConstraints: [
    { sourceTag: 'layer:wire', onlyDependOnLibsWithTags: ['layer:wire'] },
    { sourceTag: 'layer:core', onlyDependOnLibsWithTags: ['layer:wire', 'layer:core'] },
    { sourceTag: 'layer:sdk', onlyDependOnLibsWithTags: ['layer:wire'] },
    { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:wire'] },
    { sourceTag: 'layer:server', onlyDependOnLibsWithTags: ['layer:wire', 'layer:core', 'layer:adapter'] },
    { sourceTag: 'layer:web', onlyDependOnLibsWithTags: ['layer:wire'] },
    {
      sourceTag: 'layer:sim',
      onlyDependOnLibsWithTags: ['layer:wire', 'layer:core', 'layer:adapter', 'layer:server'],
    },
    { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['layer:wire', 'layer:sdk', 'layer:sim'] },
    { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
    { sourceTag: 'scope:e2e', onlyDependOnLibsWithTags: ['scope:e2e', 'scope:shared', 'scope:simulation'] },
    { sourceTag: 'scope:web-ui', onlyDependOnLibsWithTags: ['scope:web-ui', 'scope:shared'] },
    { sourceTag: 'env:any', onlyDependOnLibsWithTags: ['env:any'] },
    { sourceTag: 'env:browser', onlyDependOnLibsWithTags: ['env:any', 'env:browser'] },
    ...scopes,
  ],
}

/** Clock, randomness and surroundings that a deterministic core must be given instead of taking. */
const impureGlobals = [
  ['Date', 'time is the `now` argument'],
  ['process', 'the surroundings are given, not read'],
  ['setTimeout', 'arm a timer by an effect'],
  ['setInterval', 'arm a timer by an effect'],
  ['fetch', 'I/O is an effect'],
  ['console', 'a core does not log'],
].map(([name, message]) => ({ name, message }))

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '**/*.gen.ts', '**/*.d.ts', 'e2e/conformance/recorded/**'],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaries],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, allowDefaultCaseForExhaustiveSwitch: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx'] }],
      eqeqeq: 'error',
    },
  },
  {
    // A simulation of the cluster runs the servers, which are applications.
    files: ['libs/simulation/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          ...boundaries,
          allow: servers.flatMap((app) => [`@thermosphere/${app}`, `@thermosphere/${app}/*`]),
        },
      ],
    },
  },
  {
    // Its tests run on whole clusters, which know nothing of it.
    files: ['libs/sdk/**/*.test.ts', 'libs/sdk/testing/**/*.ts'],
    rules: {
      '@nx/enforce-module-boundaries': ['error', { ...boundaries, allow: ['@thermosphere/simulation'] }],
    },
  },
  {
    files: ['libs/protocol/**/*.ts'],
    ignores: ['libs/protocol/node/**', '**/*.test.ts', '**/*.bench.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: 'env:any; put it under node/' }] }],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['**/config.ts', '**/*.test.ts', '**/*.bench.ts', 'apps/cli/**', 'apps/web-ui/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name=/^(env|argv)$/]",
          message: 'only config.ts reads the environment and the command line',
        },
      ],
    },
  },
  {
    files: ['apps/*/core/**/*.ts', 'libs/offer-engine/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.bench.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'draw from the injected source' },
        { object: 'Temporal', property: 'Now', message: 'time is the `now` argument' },
        { object: 'crypto', property: 'randomUUID', message: 'draw from the injected source' },
        { object: 'performance', property: 'now', message: 'time is the `now` argument' },
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], message: 'a core does no I/O' },
            { group: ['pino*'], message: 'a core does not log' },
          ],
        },
      ],
      'no-restricted-syntax': ['error', { selector: 'AwaitExpression', message: 'a core is synchronous' }],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.e2e.ts', '**/*.bench.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/no-floating-promises': 'off' },
  },
  prettier,
)

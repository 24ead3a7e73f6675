import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, suite, test } from 'node:test'
import { readCommit } from './commit.ts'

const sha = 'a'.repeat(40)
const branch = 'refs/heads/work'

suite('the commit that /version tells', () => {
  const folder = mkdtempSync(`${tmpdir()}/thermosphere-commit-`)
  after(() => rmSync(folder, { recursive: true }))

  /** Files below a directory of its own. */
  const filesOf = (name: string, files: Readonly<Record<string, string>>): string => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(`${folder}/${name}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true })
      writeFileSync(`${folder}/${name}/${path}`, text)
    }
    return `${folder}/${name}/.git`
  }

  const cases: readonly (readonly [string, Readonly<Record<string, string>>, unknown])[] = [
    ['a branch', { '.git/HEAD': `ref: ${branch}\n`, [`.git/${branch}`]: `${sha}\n` }, { sha, branch }],
    [
      'a packed branch',
      { '.git/HEAD': `ref: ${branch}\n`, '.git/packed-refs': `# pack-refs with: peeled\n${sha} ${branch}\n` },
      { sha, branch },
    ],
    ['no branch', { '.git/HEAD': `${sha}\n` }, { sha, branch: undefined }],
    [
      'a worktree',
      {
        '.git': 'gitdir: main/worktrees/w\n',
        'main/worktrees/w/HEAD': `ref: ${branch}\n`,
        'main/worktrees/w/commondir': '../..\n',
        [`main/${branch}`]: sha,
      },
      { sha, branch },
    ],
    ['no clone', { 'README.md': '' }, { sha: undefined, branch: undefined }],
  ]
  for (const [what, files, commit] of cases) {
    test(`of ${what}`, async () => {
      assert.deepEqual(await readCommit(filesOf(what.replaceAll(' ', '-'), files)), commit)
    })
  }
})

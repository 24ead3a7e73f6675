import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { Programs } from './programs.ts'

const place = { root: process.cwd(), env: process.env }
const tellPriority = [process.execPath, '-e', 'process.stdout.write(String(os.getPriority()))']

test('beside others a program has a low priority until nothing is in front, and what it says is returned', async () => {
  const programs = new Programs(place)
  assert.deepEqual(await programs.runBeside(tellPriority), {
    ok: true,
    output: String(Math.min(19, getPriority() + 10)),
  })
  programs.stopYielding()
  assert.deepEqual(await programs.runBeside(tellPriority), { ok: true, output: String(getPriority()) })
})

test('one that fails, or is not there, is not ok and says why', async () => {
  const programs = new Programs(place)
  const failing = await programs.runBeside(['sh', '-c', 'echo why >&2; exit 3'])
  assert.deepEqual(failing, { ok: false, output: 'why\n' })
  assert.equal((await programs.runBeside(['no-such-program'])).ok, false)
  const { ok, output } = await programs.runInFront(['no-such-program'])
  assert.equal(ok, false)
  assert.match(output, /no-such-program/)
})

test('all that run are ended together', { timeout: 60_000 }, async () => {
  const programs = new Programs(place)
  const sleeping = ['sh', '-c', 'sleep 1000 & wait']
  const running = [programs.runBeside(sleeping), programs.runInFront(['sleep', '1000'])]
  programs.end()
  assert.deepEqual(
    (await Promise.all(running)).map(({ ok }) => ok),
    [false, false],
  )
})

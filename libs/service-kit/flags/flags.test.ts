import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { defineFlags } from './flags.ts'
import { flagsMarkdown, helpText } from './help.ts'
import { flagStrings } from './parse-flags.ts'
import { readFlags } from './read-flags.ts'
import { logFileOf, logProblems, serverFlags } from './server-flags.ts'

const flags = defineFlags({
  port: { type: 'integer', default: 5050, min: 0, max: 65535, unit: 'TCP', help: 'The port.' },
  ratio: { type: 'number', help: 'A ratio.' },
  quorum: { type: 'integer', required: true, min: 1, help: 'The quorum.' },
  agent_ping_timeout: {
    type: 'duration',
    default: '15secs',
    min: 1000,
    max: 900_000,
    help: 'How long a ping may take.',
  },
  max_size: { type: 'bytes', default: '32MB', help: 'A size.' },
  authenticate: { type: 'boolean', default: true, help: 'Whether to ask.' },
  roles: { type: 'list', help: 'Roles.' },
  mode: { type: 'string', choices: ['fast', 'safe'], default: 'safe', aliases: ['kind'], help: 'The mode.' },
  work_dir: { type: 'path', help: 'Where.' },
  limits: { type: 'json', schema: z.object({ rate: z.number().positive() }), help: 'Limits.' },
  password: { type: 'string', secret: true, pattern: /^.{8,}$/, help: 'Hidden.' },
})
type Env = Record<string, string>

const read = (argv: readonly string[], env: Env = {}) => readFlags(flags, { argv, env, envPrefix: 'MESOS_' })
function config(argv: readonly string[], env: Env = {}) {
  const result = read(['--quorum=1', ...argv], env)
  if (result.kind !== 'config') assert.fail(JSON.stringify(result))
  return result.config
}
function problems(argv: readonly string[], env: Env = {}): readonly string[] {
  const result = read(argv, env)
  return result.kind === 'problems' ? result.problems : assert.fail(result.kind)
}
function file(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'flags-')), 'flags.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('defaults are parsed, absent flags are undefined, and the config is frozen with its type inferred', () => {
  const parsed = config([])
  const pingMs: number = parsed.agent_ping_timeout
  const mode: 'fast' | 'safe' = parsed.mode
  const roles: readonly string[] | undefined = parsed.roles
  const rate: number | undefined = parsed.limits?.rate
  assert.deepEqual([pingMs, mode, roles, rate, parsed.max_size], [15_000, 'safe', undefined, undefined, 32 * 1024 ** 2])
  assert.throws(() => Object.assign(parsed, { port: 1 }), TypeError)
})

test('every type is read in both spellings', () => {
  const argv = ['--port', '1', '--ratio=-0.5', '--agent_ping_timeout', '1.5mins', '--max_size=1GB', '--roles=a, b,,c']
  const parsed = config([...argv, '--mode', 'fast', '--work_dir=file:///var/x', '--limits={"rate":2}'])
  assert.deepEqual(
    { ...parsed },
    {
      port: 1,
      ratio: -0.5,
      quorum: 1,
      agent_ping_timeout: 90_000,
      max_size: 1024 ** 3,
      authenticate: true,
      roles: ['a', 'b', 'c'],
      mode: 'fast',
      work_dir: '/var/x',
      limits: { rate: 2 },
      password: undefined,
    },
  )
})

const booleans: readonly (readonly [readonly string[], boolean])[] = [
  [['--authenticate'], true],
  [['--authenticate=false'], false],
  [['--authenticate', 'false'], false],
  [['--no-authenticate'], false],
  [['--disable_authenticate'], false],
]
for (const [argv, expected] of booleans) {
  test(`${argv.join(' ')} is ${expected}`, () => assert.equal(config(argv).authenticate, expected))
}

const durations = {
  '0ns': 0,
  '500ms': 500,
  '1secs': 1000,
  '10hrs': 36e6,
  '2days': 1728e5,
  '1weeks': 6048e5,
  '250us': 0.25,
}
for (const [text, ms] of Object.entries(durations)) {
  test(`the duration ${text} is ${ms} ms and is written back as ${text}`, () => {
    const one = defineFlags({ d: { type: 'duration', default: '3secs', help: '' } })
    const result = readFlags(one, { argv: [`--d=${text}`], env: {} })
    if (result.kind !== 'config') assert.fail()
    assert.equal(result.config.d, ms)
    assert.deepEqual(flagStrings(one, result.config), { d: text })
  })
}

test('[mesos 224] the command line wins over the environment, that over the file, and that over the default', () => {
  const path = file({ port: 3, roles: ['f'], agent_ping_timeout: '3secs', authenticate: false })
  const parsed = config(['--port=1', `--config=${path}`], { MESOS_PORT: '2', MESOS_ROLES: 'e', MESOS_MODE: '' })
  assert.deepEqual(
    [parsed.port, parsed.roles, parsed.agent_ping_timeout, parsed.authenticate, parsed.mode],
    [1, ['e'], 3000, false, 'safe'],
  )
})

test('[mesos 224] a value may be read from a file, as Mesos does', () => {
  const limits = file({ rate: 5 })
  assert.deepEqual(config([`--limits=file://${limits}`]).limits, { rate: 5 })
  assert.deepEqual(config([`--limits=${limits}`]).limits, { rate: 5 })
  assert.equal(config([`--password=file://${file('long enough\n')}`]).password, 'long enough')
})

test('every problem is listed, with what was given and what is allowed', () => {
  const argv = ['--port=70000', '--ratio=x', '--agent_ping_timeout=5', '--max_size=1.5MB', '--authenticate=maybe']
  const more = [
    '--mode=slow',
    '--limits={"rate":-1}',
    '--agent_ping_timeot=1secs',
    '--zzz',
    'word',
    '--roles',
    '--port=1',
  ]
  assert.deepEqual(problems([...argv, ...more, '--password=short'], { MESOS_WORK_DIR: 'x' }), [
    'unknown flag --agent_ping_timeot; did you mean --agent_ping_timeout?',
    'unknown flag --zzz',
    '--roles needs a value, as in --roles=...',
    '--port is given more than once',
    '--ratio: must be a number, not "x"',
    '--quorum is required (or MESOS_QUORUM in the environment)',
    '--agent_ping_timeout: must be a number and one of ns, us, ms, secs, mins, hrs, days, weeks, as in 15secs, not "5"',
    '--max_size: must be a whole number and one of B, KB, MB, GB, TB, as in 32MB, not "1.5MB"',
    '--authenticate: must be true or false, not "maybe"',
    '--mode: must be one of fast, safe, not "slow"',
    '--limits: rate: must be more than 0, not -1',
    '--password: must match ^.{8,}$, not <secret>',
  ])
  assert.deepEqual(problems(['--quorum=1', '--port=70000', '--agent_ping_timeout=1ms']), [
    '--port: must be between 0 and 65535, not "70000"',
    '--agent_ping_timeout: must be between 1secs and 15mins, not "1ms"',
  ])
})

test('a file that is missing, broken or has unknown names is a problem, not a default', () => {
  assert.match(problems(['--quorum=1', '--config=/nope.json']).join(), /cannot read \/nope.json/)
  assert.match(problems(['--quorum=1', '--config', file('{')]).join(), /cannot read .*JSON/)
  assert.match(problems(['--quorum=1', `--config=${file([1])}`]).join(), /must hold one JSON object/)
  assert.match(
    problems(['--quorum=1', `--config=${file({ prt: 1 })}`]).join(),
    /unknown flag prt in .*did you mean --port/,
  )
  assert.match(
    problems(['--quorum=1', `--config=${file({ port: {} })}`]).join(),
    /port \(.*\): must be of type integer, not {}/,
  )
})

test('relations between flags are checked once all values are good', () => {
  const check = ({ port, quorum }: { port: number; quorum: number }) =>
    port < quorum ? ['--port must not be below --quorum'] : []
  const sources = { argv: ['--quorum=9', '--port=1'], env: {} }
  assert.deepEqual(readFlags(flags, sources, check), {
    kind: 'problems',
    problems: ['--port must not be below --quorum'],
  })
})

test('--help tells type, unit, range, choices, default and sources of every flag', () => {
  const text = helpText(flags, { program: 'master', envPrefix: 'MESOS_', about: 'The master.' })
  assert.equal(read(['--help', '--zzz']).kind, 'help')
  assert.equal(read(['--version']).kind, 'version')
  for (const name of Object.keys(flags)) assert.ok(text.includes(`--${name}`) || text.includes(`--[no-]${name}`), name)
  assert.match(text, /--port=<integer TCP>\n {6}The port\. \(between 0 and 65535; default 5050\)/)
  assert.match(text, /How long a ping may take\. \(between 1secs and 15mins; default 15secs\)/)
  assert.match(text, /\(one of fast, safe; default safe; also --kind\)/)
  assert.match(text, /The quorum\. \(at least 1; required\)/)
  assert.match(text, /MESOS_<NAME>/)
  assert.ok(text.split('\n').every((line) => line.length <= 100))
  assert.match(
    flagsMarkdown(flags, 'MESOS_'),
    /\| `--port` \| integer \(TCP\) \| 5050 \| between 0 and 65535 \| `MESOS_PORT` \|/,
  )
})

test('flags are told as Mesos tells them, without secrets and without those that have no value', () => {
  const parsed = config(['--password=12345678', '--roles=a,b', '--limits={"rate":1}', '--agent_ping_timeout=60secs'])
  assert.deepEqual(flagStrings(flags, parsed), {
    port: '5050',
    quorum: '1',
    agent_ping_timeout: '1mins',
    max_size: '32MB',
    authenticate: 'true',
    roles: 'a,b',
    mode: 'safe',
    limits: '{"rate":1}',
  })
})

test('a default outside its own range does not load', () => {
  assert.throws(() => defineFlags({ x: { type: 'integer', default: 5, max: 4, help: '' } }), /flag x: .*out of range/)
  assert.throws(() => defineFlags({ x: { type: 'duration', default: '5', help: '' } }), /flag x: .*not a duration/)
})

test('the shared block listens on loopback and is secure unless told otherwise', () => {
  const result = readFlags(defineFlags(serverFlags({ port: 5050, workDir: '/var/lib/x' })), { argv: [], env: {} })
  if (result.kind !== 'config') assert.fail()
  const { ip, port, insecure, work_dir: workDir } = result.config
  assert.deepEqual([ip, port, insecure, workDir], ['127.0.0.1', 5050, false, '/var/lib/x'])
})

test('[mesos 221] the log goes to the file, or to one in the directory that is named after the program', () => {
  const none = { log_file: undefined, log_dir: undefined, external_log_file: undefined }
  assert.equal(logFileOf(none, 'mesos-master'), undefined)
  assert.equal(logFileOf({ ...none, log_dir: '/var/log/mesos' }, 'mesos-agent'), '/var/log/mesos/mesos-agent.INFO')
  assert.equal(logFileOf({ ...none, log_file: '/l' }, 'mesos-agent'), '/l')
  assert.deepEqual(logProblems({ ...none, log_dir: '/d' }), [])
  assert.deepEqual(logProblems({ ...none, log_dir: '/d', log_file: '/l' }), [
    '--log_dir: --log_file says where the log goes; leave one of them out',
  ])
})

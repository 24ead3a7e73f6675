/** Programs in Go on Mesos' old driver (v0), built against it as Debian has it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Of golang-go, and of golang-github-mesos-mesos-go-dev. */
const go = '/usr/bin/go'
const goPath = '/usr/share/gocode'
const drivers = join(goPath, 'src/github.com/mesos/mesos-go/api/v0')
const BUILD_MS_MAX = 300_000

/** For the options of a test: false, or the reason why it is skipped. */
export const lacksGoDrivers = (): string | false =>
  existsSync(go) && existsSync(drivers) ? false : 'needs golang-go and golang-github-mesos-mesos-go-dev'

/** Builds `source` of this folder as `program`. */
export async function buildGoProgram(source: string, program: string): Promise<void> {
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: goPath, GOFLAGS: '' }
  const args = ['build', '-o', program, join(import.meta.dirname, source)]
  await promisify(execFile)(go, args, { env, timeout: BUILD_MS_MAX })
}

/**
 * Loaded into a server before its own code: its wall clock is off by what a file says, in milliseconds. Timers and
 * everything else that counts elapsed time stay right, as on a machine whose clock was set.
 */
import { readFileSync } from 'node:fs'

const file = process.env['FAULT_CLOCK']
const rereadMs = 200
let offsetMs = 0

const reread = (): void => {
  try {
    offsetMs = Number(readFileSync(file ?? '', 'utf8')) || 0
  } catch {
    offsetMs = 0
  }
}

if (file !== undefined) {
  const Real = Date
  const now = (): number => Real.now() + offsetMs
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: [], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
  reread()
  setInterval(reread, rereadMs).unref()
}

/**
 * What the master's core takes when agents join, without sockets and stores: new agents, and agents that come back to a
 * new leader with their tasks (P7). One JSON line a size; `growth` is the processor time against the size before, in proportion.
 */
import { decodeProtobuf, encodeProtobuf } from '@thermosphere/protocol'
import type { agentLink } from '@thermosphere/protocol'
import { emptyRegistry } from '../index.ts'
import type { Registry } from '../index.ts'
import { admitted, masterOf, register, reregister, run } from '../testing/crowd.ts'

type Size = { readonly agents: number; readonly tasksEach: number }
type Joining = {
  readonly name: string
  message(index: number, size: Size): agentLink.AgentMessage
  registry(size: Size): Registry
}

function measure(
  { message, registry }: Joining,
  size: Size,
): { readonly cpuMs: number } & Readonly<Record<string, number>> {
  const name = 'thermosphere.agentlink.v1.AgentMessage'
  const messages = Array.from({ length: size.agents }, (_, index) => encodeProtobuf(name, message(index, size)))
  const m = masterOf(registry(size))
  let longestMs = 0
  let registryWrites = 0
  const timed = <T>(piece: () => T): T => {
    const startedAt = performance.now()
    const decided = piece()
    longestMs = Math.max(longestMs, performance.now() - startedAt)
    return decided
  }
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  messages.forEach((bytes, linkId) => {
    run(m, { type: 'link-opened', linkId, ip: '127.0.0.1' }, timed)
    registryWrites += run(m, { type: 'link-message', linkId, message: decodeProtobuf(name, bytes) }, timed).writes
  })
  const ms = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  if (m.agents.size !== size.agents) throw new Error(`${m.agents.size} of ${size.agents} agents joined`)
  return {
    ...size,
    ms: Math.round(ms),
    cpuMs: Math.round((user + system) / 1000),
    longestStepMs: Math.round(longestMs * 10) / 10,
    registryWrites,
  }
}

function print({ name, ...joining }: Joining, sizes: readonly Size[]): void {
  let before: { readonly cpuMs: number; readonly weight: number } | undefined
  for (const size of sizes) {
    const figures = measure({ name, ...joining }, size)
    const weight = size.agents * (size.tasksEach + 1)
    const growth = before && Math.round((figures.cpuMs / before.cpuMs / (weight / before.weight)) * 100) / 100
    process.stdout.write(`${JSON.stringify({ name, ...figures, growth })}\n`)
    before = { cpuMs: figures.cpuMs, weight }
  }
}

const size = (agents: number, tasksEach = 0): Size => ({ agents, tasksEach })
print({ name: 'new agents register', message: (index) => register(index), registry: () => emptyRegistry }, [
  size(1_000),
  size(5_000),
  size(10_000),
  size(20_000),
])
const comeBack: Joining = {
  name: 'P7 agents come back to a new leader',
  message: (index, { tasksEach }) => reregister(index, tasksEach),
  registry: ({ agents }) => ({ ...emptyRegistry, admitted: admitted(agents) }),
}
print(comeBack, [size(200, 100), size(1_000, 100), size(2_000, 100)])
print(comeBack, [size(2_000, 5), size(10_000, 5), size(20_000, 5)])

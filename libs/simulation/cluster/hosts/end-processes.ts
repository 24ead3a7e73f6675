/** What still runs in a work directory when its cluster is closed: tasks whose agent was killed. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Killing takes effect with the next look; a fork bomb would need more. */
const looksMax = 50

async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids
      .filter((pid) => pid !== process.pid)
      .map(async (pid) => {
        const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        return `${cwd} ${command}`.includes(folder) ? pid : undefined
      }),
  )
  return found.filter((pid) => pid !== undefined)
}

export async function endProcessesIn(folder: string): Promise<void> {
  for (let look = 0; look < looksMax; look++) {
    const pids = await processesIn(folder)
    if (pids.length === 0) return
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended meanwhile.
      }
    }
    await sleep(20)
  }
}

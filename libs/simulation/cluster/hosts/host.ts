/** How a part of the cluster lives: within this process or as a process of its own. */
export interface Host {
  /** Resolves when the part answers. */
  start(name: string): Promise<void>
  /** As SIGKILL: nothing is written or said any more. */
  kill(name: string): Promise<void>
  /** As SIGSTOP. */
  pause(name: string): void
  resume(name: string): void
  isRunning(name: string): boolean
  /** Why a part ended by itself. */
  endedBy(name: string): string | undefined
  /** All parts, with the tasks that run. */
  close(): Promise<void>
}

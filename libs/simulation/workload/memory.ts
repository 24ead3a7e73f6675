/** What clients were told to be accepted. */
import type { ChronosState } from '@thermosphere/chronos-core'
import type { MarathonState } from '@thermosphere/marathon-core'
import type { ChronosRequest, ClientRequest, MarathonRequest } from './requests.ts'

type App = { readonly revision: string; readonly instances: number; readonly cmd: string }
type Job = { readonly revision: string; readonly isDisabled: boolean }

export class Memory {
  readonly apps = new Map<string, App>()
  readonly jobs = new Map<string, Job>()
  /** What somebody has asked to change and has no answer for. */
  readonly #open = new Map<string, number>()
  /** Apps and jobs that were there once: a deleted one must not come back. */
  readonly #known = new Set<string>()

  sent(request: ClientRequest): void {
    for (const name of concerned(request)) this.#open.set(name, (this.#open.get(name) ?? 0) + 1)
  }

  /** The client has an answer for good. */
  settled(request: ClientRequest, { isAcknowledged }: { readonly isAcknowledged: boolean }): void {
    for (const name of concerned(request)) {
      this.#known.add(name)
      this.#open.set(name, (this.#open.get(name) ?? 1) - 1)
    }
    if (!isAcknowledged) return
    if (request.to === 'marathon') this.#acknowledgeApp(request.request)
    else this.#acknowledgeJob(request.request)
  }

  #acknowledgeApp(request: MarathonRequest): void {
    switch (request.type) {
      case 'put-app':
        return this.#put(request.id, request.body)
      case 'put-group':
        for (const [name, body] of Object.entries(request.apps)) this.#put(`${request.id}/${name}`, body)
        return
      case 'scale-app': {
        const app = this.apps.get(request.id)
        if (app !== undefined) this.apps.set(request.id, { ...app, instances: request.instances })
        return
      }
      case 'delete-app':
        this.apps.delete(request.id)
        return
      case 'restart-app':
      case 'kill-tasks':
        return
    }
  }

  #put(id: string, body: { labels: { revision: string }; instances: number; cmd: string }): void {
    this.apps.set(id, { revision: body.labels.revision, instances: body.instances, cmd: body.cmd })
  }

  #acknowledgeJob(request: ChronosRequest): void {
    switch (request.type) {
      case 'put-job':
        this.jobs.set(request.document.name, { revision: request.document.description, isDisabled: false })
        return
      case 'delete-job':
        this.jobs.delete(request.name)
        return
      case 'set-disabled': {
        const job = this.jobs.get(request.name)
        if (job !== undefined) this.jobs.set(request.name, { ...job, isDisabled: request.disabled })
        return
      }
      case 'run-job':
      case 'kill-job':
        return
    }
  }

  #isOpen(name: string): boolean {
    return (this.#open.get(name) ?? 0) > 0
  }

  /** What Marathon has forgotten, or has although nobody wants it. */
  appProblems({ root }: MarathonState): string[] {
    const names = [...this.#known].filter((name) => name.startsWith('/') && !this.#isOpen(name))
    return names.flatMap((id) => {
      const expected = this.apps.get(id)
      const found = root.apps.get(id)
      if (expected === undefined) return found === undefined ? [] : [`${id} was deleted and is there`]
      if (found === undefined) return [`${id} was accepted and is not there`]
      const text = `${found.labels['revision']} with ${found.instances} instances`
      const wanted = `${expected.revision} with ${expected.instances} instances`
      return text === wanted ? [] : [`${id} is ${text}, accepted was ${wanted}`]
    })
  }

  /** What Chronos has forgotten, or has although nobody wants it. */
  jobProblems({ jobs }: ChronosState): string[] {
    const names = [...this.#known].filter((name) => !name.startsWith('/') && !this.#isOpen(name))
    return names.flatMap((name) => {
      const expected = this.jobs.get(name)
      const found = jobs.get(name)?.job
      if (expected === undefined) return found === undefined ? [] : [`${name} was deleted and is there`]
      if (found === undefined) return [`${name} was accepted and is not there`]
      if (found.description !== expected.revision)
        return [`${name} is ${found.description}, accepted was ${expected.revision}`]
      return expected.isDisabled && !found.disabled ? [`${name} was disabled and is not`] : []
    })
  }
}

function concerned(request: ClientRequest): string[] {
  if (request.to === 'chronos')
    return [request.request.type === 'put-job' ? request.request.document.name : request.request.name]
  const { request: asked } = request
  return asked.type === 'put-group' ? Object.keys(asked.apps).map((name) => `${asked.id}/${name}`) : [asked.id]
}

import type { App, Container } from './app-schema.ts'
import { problem } from './problem.ts'
import type { Problem } from './problem.ts'

type Options = { readonly features: ReadonlySet<string> }
type Scope = { readonly app: App; readonly options: Options }
type Volume = Container['volumes'][number]

export function validateContainer(app: App, options: Options): Problem[] {
  const { container } = app
  if (container === undefined) return []
  return [
    ...validateDocker(container, app, options),
    ...validateLinuxInfo(container),
    ...container.volumes.flatMap((volume, index) =>
      validateVolume(volume, `/container/volumes(${index})`, { app, options }),
    ),
  ]
}

function validateDocker(container: Container, app: App, options: Options): Problem[] {
  const { docker, type } = container
  const at = '/container/docker'
  if (container.appc !== undefined) return [problem('/container/appc', 'AppC images are not supported')]
  if (type === 'DOCKER' && docker === undefined) return [problem(at, 'not defined')]
  if (docker === undefined) return []
  const found: Problem[] = []
  if (docker.image === undefined || docker.image === '') found.push(problem(`${at}/image`, 'must not be empty'))
  if (docker.pullConfig === undefined) return found
  if (type === 'DOCKER')
    found.push(problem(`${at}/pullConfig`, 'pullConfig is not supported with Docker containerizer'))
  if (!options.features.has('secrets'))
    found.push(problem(`${at}/pullConfig`, 'Feature secrets is not enabled. Enable with --enable_features secrets)'))
  if (app.secrets[docker.pullConfig.secret] === undefined)
    found.push(problem(`${at}/pullConfig`, 'pullConfig.secret must refer to an existing secret'))
  return found
}

function validateLinuxInfo(container: Container): Problem[] {
  const found: Problem[] = []
  const { seccomp, ipcInfo } = container.linuxInfo ?? {}
  if (seccomp?.unconfined === true && seccomp.profileName !== undefined)
    found.push(problem('/container/linuxInfo/seccomp', 'Seccomp unconfined can NOT be true when Profile is defined'))
  if (seccomp !== undefined && seccomp.unconfined !== true && seccomp.profileName === undefined)
    found.push(problem('/container/linuxInfo/seccomp', 'Seccomp unconfined must be true when Profile is NOT defined'))
  if (ipcInfo?.mode === 'SHARE_PARENT' && ipcInfo.shmSize !== undefined)
    found.push(problem('/container/linuxInfo/ipcInfo', 'ipcInfo shmSize can NOT be set when mode is SHARE_PARENT'))
  return found
}

function validateVolume(volume: Volume, at: string, scope: Scope): Problem[] {
  // NOTE: local persistent and external volumes are refused until reservations are part of the launch path.
  if (volume.persistent !== undefined) return [problem(`${at}/persistent`, 'persistent volumes are not supported')]
  if (volume.external !== undefined) return [problem(`${at}/external`, 'external volumes are not supported')]
  if (volume.secret !== undefined) return validateSecretVolume(volume.secret, at, scope)
  const found: Problem[] = []
  if (volume.containerPath === '') found.push(problem(`${at}/containerPath`, 'must not be empty'))
  if (volume.hostPath === undefined || volume.hostPath === '')
    found.push(problem(`${at}/hostPath`, 'must not be empty'))
  if (volume.mode === undefined) found.push(problem(`${at}/mode`, 'not defined'))
  return found
}

function validateSecretVolume(secret: string, at: string, scope: Scope): Problem[] {
  const found: Problem[] = []
  if (!scope.options.features.has('secrets'))
    found.push(problem(at, 'Feature secrets is not enabled. Enable with --enable_features secrets)'))
  if (scope.app.secrets[secret] === undefined)
    found.push(problem(`${at}/secret`, 'volume.secret must refer to an existing secret'))
  return found
}

import { MillraceError } from '../errors.js'

/** Refuses Windows before anything is loaded: sockets, signals and process groups differ there. */
export function refuseWindows(platform: NodeJS.Platform): void {
  if (platform !== 'win32') return
  throw new MillraceError(
    'platform_unsupported',
    'Windows is not supported; run it in WSL (https://learn.microsoft.com/windows/wsl), where it works as on Linux',
  )
}

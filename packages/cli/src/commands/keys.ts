import { setTimeout as delay } from 'node:timers/promises'
import { type ApiOptions, gatewayApi } from '../gateway-api.ts'
import { operator } from '../operator.ts'
import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { table } from '../table.ts'

interface Rotation {
  readonly targetKeyId: string
  readonly startedAt: string
  readonly startedBy: string
  readonly finishedAt: string | null
  readonly total: number
  readonly rewrapped: number
  readonly unreadable: number
}

interface Status {
  readonly current: string
  readonly keys: readonly { readonly keyId: string; readonly dataKeys: number; readonly current: boolean }[]
  readonly rotation: Rotation | null
}

type Options = ApiOptions & { readonly json?: boolean }

const lookEveryMs = 300

/** Which outer keys the vault has, and how many data keys each wraps. */
export async function keysStatus(options: Options, surroundings: Surroundings): Promise<ExitCode> {
  const api = await gatewayApi(operator(options), surroundings)
  report(await api.ask<Status>('GET', '/v1/vault/keys'), options, surroundings)
  return exitCodes.held
}

/** Wraps every data key with a new outer key and follows it to its end; the stack goes on working.
 * Interrupted or not, the rotation goes on; a second call joins it. */
export async function keysRotate(
  options: Options & { readonly newKey: boolean; readonly wait: boolean; readonly retire?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const api = await gatewayApi(operator(options), surroundings)
  const status = () => api.ask<Status>('GET', '/v1/vault/keys')
  await api.ask('POST', '/v1/vault/rotations', { newKey: options.newKey })
  let now = await status()
  let said = ''
  while (options.wait && now.rotation !== null && now.rotation.finishedAt === null) {
    const line = progressOf(now.rotation)
    if (line !== said && !options.json) surroundings.warn(line)
    said = line
    await delay(lookEveryMs, undefined, { signal: surroundings.interrupted }).catch(() => {
      throw couldNotCheck('the rotation goes on; see evergrant keys status')
    })
    now = await status()
  }
  const finished = now.rotation !== null && now.rotation.finishedAt !== null
  if (options.retire && finished) {
    for (const { keyId } of now.keys.filter((key) => !key.current && key.dataKeys === 0)) {
      now = await api.ask<Status>('DELETE', `/v1/vault/keys/${encodeURIComponent(keyId)}`)
    }
  }
  report(now, options, surroundings)
  return finished && (now.rotation?.unreadable ?? 0) > 0 ? exitCodes.failed : exitCodes.held
}

function report(status: Status, options: Options, { write }: Surroundings): void {
  if (options.json) {
    write(JSON.stringify(status, null, 2))
    return
  }
  write(
    table(
      ['key', 'data keys', ''],
      status.keys.map(({ keyId, dataKeys, current }) => [
        keyId,
        String(dataKeys),
        current ? 'current' : dataKeys === 0 ? 'may be retired' : '',
      ]),
    ),
  )
  if (status.rotation !== null) write(progressOf(status.rotation))
}

function progressOf({ total, rewrapped, unreadable, finishedAt, startedAt, startedBy }: Rotation): string {
  const damaged = unreadable === 0 ? '' : `, ${unreadable} cannot be opened and keep their key`
  return finishedAt === null
    ? `rotation of ${startedAt} by ${startedBy}: ${rewrapped} of ${total} data keys${damaged}`
    : `last rotation finished ${finishedAt}: ${rewrapped} data keys${damaged}`
}

import { type ApiAccess, apiAccess } from '../http/api-caller.ts'
import { type Call, param } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import type { World } from '../world.ts'
import { mailboxOf } from './mailbox.ts'
import type { Mailbox } from './mailbox-record.ts'

const prefix = 'https://www.googleapis.com/auth/gmail.'
const everything = ['https://mail.google.com/', `${prefix}modify`, `${prefix}readonly`]
const scopesFor = {
  profile: [...everything, `${prefix}compose`, `${prefix}metadata`],
  metadata: [...everything, `${prefix}metadata`],
  labels: [...everything, `${prefix}metadata`, `${prefix}labels`],
}

/** Gmail usage limits, "per-method quota usage", as of May 2026; everything else costs one unit. */
const unitsOf: Readonly<Record<string, number>> = {
  'Users.Messages.List': 5,
  'Users.Messages.Get': 20,
  'Users.History.List': 2,
  'Users.Watch': 100,
  'Users.Stop': 50,
}

export interface OpenMailbox extends ApiAccess {
  readonly mailbox: Mailbox
}

/** The caller's mailbox: `me` or their own address in the path; `name` is the method as Google's errors call it.
 * @throws GoogleError 401, 403 */
export function openMailbox(
  world: World,
  call: Call,
  need: keyof typeof scopesFor,
  name: string,
): OpenMailbox {
  const units = unitsOf[name] ?? 1
  const method = { scopes: scopesFor[need], api: 'gmail', name: `gmail.v1.${name}`, units } as const
  const access = apiAccess(world, call, method)
  const userId = param(call, 'userId').toLowerCase()
  if (userId !== 'me' && userId !== access.account.email) {
    throw googleError(403, 'forbidden', `Delegation denied for ${access.account.email}`, {
      status: 'PERMISSION_DENIED',
    })
  }
  return { ...access, mailbox: mailboxOf(world.state, access.account) }
}

/** Whether the metadata scope is all there is: it forbids searching and reading bodies.
 * @throws GoogleError 403 */
export function refuseBeyondMetadata(open: OpenMailbox, message: string): void {
  if (everything.some((scope) => open.scopes.includes(scope))) return
  throw googleError(403, 'forbidden', message, { status: 'PERMISSION_DENIED' })
}

/** @throws GoogleError 404, in Gmail's words */
export const entityNotFound = () =>
  googleError(404, 'notFound', 'Requested entity was not found.', { status: 'NOT_FOUND' })

/** @throws GoogleError 400, in Gmail's words */
export const invalidArgument = (message: string) =>
  googleError(400, 'invalidArgument', message, { status: 'INVALID_ARGUMENT' })

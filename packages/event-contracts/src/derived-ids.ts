import { v5 as uuidv5 } from 'uuid'
import type { Service } from './vocabulary.ts'

const namespace = '6f0f4f1e-4a5e-5c0a-9d1b-6a3f0c7e2b11'

/** A grant's id derives from user, issuer and account (UUIDv5), so a repeated consent finds the same grant. */
export function grantIdOf(user: string, issuer: string, accountId: string): string {
  return uuidv5(JSON.stringify([user, issuer, accountId]), namespace)
}

/** A connection is one service of one grant; anyone who knows the grant knows its connections' ids. */
export function connectionIdOf(grantId: string, service: Service): string {
  return uuidv5(JSON.stringify([grantId, service]), namespace)
}

/** Our id of a Google calendar in a connection; Google's own id may be the same in two accounts. */
export function calendarIdOf(connectionId: string, googleId: string): string {
  return uuidv5(JSON.stringify([connectionId, 'calendar', googleId]), namespace)
}

/** Our id of a shared Google drive in a connection. */
export function driveIdOf(connectionId: string, googleId: string): string {
  return uuidv5(JSON.stringify([connectionId, 'drive', googleId]), namespace)
}

/** Google keeps so many live refresh tokens of one account for one client; the next one silently ends the oldest
 * (developers.google.com/identity/protocols/oauth2#expiration). */
export const refreshTokenLimit = 100

/** From here on an operator is told: every further consent brings the end of an older one closer. */
export const refreshTokenWarning = 90

/** A refresh token that nobody has used for so long is dead anyway, and takes no place. */
export const forgottenAfterDays = 182

/** Refresh tokens of the same account that may still live, received before and after the one in question. */
export interface Siblings {
  readonly older: number
  readonly newer: number
}

/** Whether a refresh token died because newer ones took its place: it cannot have lived beside a hundred newer ones, and
 * the oldest of a full hundred is the next to go. What other programs got with the same client nobody here can count. */
export function displacedByNewer({ older, newer }: Siblings): boolean {
  return newer >= refreshTokenLimit || (older === 0 && newer + 1 >= refreshTokenLimit)
}

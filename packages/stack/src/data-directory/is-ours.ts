import { lstatSync } from 'node:fs'

/** Whether a folder in a place everybody may write to was made by us: anybody could have put one of that name there,
 * with a program to run or a pid to kill in it. */
export function isOurs(folder: string, uid: number | undefined = process.getuid?.()): boolean {
  try {
    const { uid: owner } = lstatSync(folder)
    return uid === undefined || owner === uid
  } catch {
    return false
  }
}

/** A hook for failure tests, called at named points of a run. Handed in when something is made, never read from
 * the environment, so that no setting can make a deployment crash. */
export type CrashPoint = (name: string) => void | Promise<void>

export const neverCrash: CrashPoint = () => undefined

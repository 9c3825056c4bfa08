/** A pause that can be cut short. */
export interface Sleeper {
  /** Returns at once when somebody called `wake` since the last sleep. */
  sleep(ms: number): Promise<void>
  wake(): void
}

export function createSleeper(): Sleeper {
  let woken = false
  let rouse: (() => void) | undefined
  return {
    sleep: async (ms) => {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          rouse = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      woken = false
      rouse = undefined
    },
    wake: () => {
      woken = true
      rouse?.()
    },
  }
}

/** Runs `work` again and again, never twice at once; `work` says whether there may be more right now. */
export function repeat(
  everyMs: number,
  work: () => Promise<boolean>,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const turn = async (): Promise<void> => {
    let more = false
    try {
      more = await work()
    } catch (error) {
      onError(error)
    }
    if (!stopped) schedule(more ? 0 : everyMs)
  }
  let running: Promise<void> = Promise.resolve()
  const schedule = (ms: number) => {
    timer = setTimeout(() => {
      running = turn()
    }, ms)
  }
  schedule(0)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

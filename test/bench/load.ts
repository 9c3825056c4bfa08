/** Calls again and again from so many callers at once, for so long. @returns how long each call took, and the rate. */
export async function load(
  { callers, seconds }: { readonly callers: number; readonly seconds: number },
  call: () => Promise<void>,
): Promise<{ readonly times: readonly number[]; readonly perSecond: number }> {
  const times: number[] = []
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        const began = performance.now()
        await call()
        times.push(performance.now() - began)
      }
    }),
  )
  return { times, perSecond: times.length / ((performance.now() - startedAt) / 1000) }
}

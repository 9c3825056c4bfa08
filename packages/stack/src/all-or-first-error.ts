/** Waits for all, also when one fails: what is still starting must be known before it can be stopped. */
export async function allOrFirstError<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work)
  return await Promise.all(work)
}

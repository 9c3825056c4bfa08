/*
 * How many scheduled refreshes one process has under way. Slow at the start, so that a whole fleet that comes back after
 * a long outage does not fall upon Google with everything that became due meanwhile; one more with every success; half
 * of it as soon as Google struggles. Callers who wait for a token are not held back by this.
 */
export const firstWidth = 8
const mostWidth = 64

export function widthAfter(outcome: 'refreshed' | 'struggling', width: number): number {
  return outcome === 'refreshed' ? Math.min(mostWidth, width + 1) : Math.max(1, Math.floor(width / 2))
}

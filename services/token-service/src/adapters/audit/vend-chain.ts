import { hash } from 'node:crypto'
import type { Vend } from '../../application/ports.ts'

export interface ChainedVend extends Vend {
  readonly id: string
  readonly sequence: number
  readonly hash: string
}

export interface ChainHead {
  /** 0 before the first entry. */
  readonly sequence: number
  readonly hash: string
}

export const emptyChain: ChainHead = { sequence: 0, hash: '' }

/** The hash of an entry at its place: over everything it says and the hash before it. */
function chainHash(before: string, sequence: number, vend: Vend & { readonly id: string }): string {
  const { id, connectionId, grantId, generation, caller, purpose, scopes, traceparent, at } = vend
  const said = [id, connectionId, grantId, generation, caller, purpose, scopes, traceparent, at.getTime()]
  return hash('sha256', JSON.stringify(['evergrant/vend/v1', before, sequence, ...said]), 'base64url')
}

/** Hangs entries of one grant onto its chain. */
export function chained<One extends Vend & { readonly id: string }>(
  head: ChainHead,
  vends: readonly One[],
): (One & ChainHead)[] {
  let end = head
  return vends.map((vend) => {
    const sequence = end.sequence + 1
    end = { sequence, hash: chainHash(end.hash, sequence, vend) }
    return { ...vend, ...end }
  })
}

export interface ChainBreak {
  readonly sequence: number
  readonly problem: 'is missing' | 'was changed'
}

/** Walks a chain from its beginning, or from behind the last entry that was forgotten; entries come in order, in as many
 * pieces as one likes. */
export function chainWalk(from: ChainHead = emptyChain) {
  let at: ChainHead = from
  const breaks: ChainBreak[] = []
  return {
    step(entry: ChainedVend): void {
      const gap = entry.sequence - at.sequence - 1
      if (gap > 0) breaks.push({ sequence: at.sequence + 1, problem: 'is missing' })
      // After a gap nobody knows the hash before; the entry vouches for the next one only.
      else if (chainHash(at.hash, entry.sequence, entry) !== entry.hash) {
        breaks.push({ sequence: entry.sequence, problem: 'was changed' })
      }
      at = { sequence: entry.sequence, hash: entry.hash }
    },
    /** Compares with the head that is kept apart, so that a chain that was cut short is seen too. */
    end(head: ChainHead): readonly ChainBreak[] {
      if (head.sequence > at.sequence) breaks.push({ sequence: at.sequence + 1, problem: 'is missing' })
      else if (head.hash !== at.hash) breaks.push({ sequence: at.sequence, problem: 'was changed' })
      return breaks
    },
  }
}

import { describe, expect, it } from 'vitest'
import { changed, recorded } from '../testing/recorded-corpus.ts'
import { capabilityStates } from './capability-impact.ts'
import { diffCatalog, differencesOf } from './diff-catalog.ts'

const { manifest, healthy, rows } = recorded

describe('the drift corpus as it was recorded', () => {
  it.each(rows)('still means what it meant that $name', ({ changes, findings, capabilities }) => {
    const catalog = changed(healthy, changes)
    expect(diffCatalog(manifest, catalog)).toEqual(findings)
    expect(capabilityStates(differencesOf(manifest, catalog), manifest.contract)).toEqual(capabilities)
  })
})

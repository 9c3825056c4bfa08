import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { searchFiles } from './secret-search.ts'

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const secrets = {
  exact: { 'authorization code': '4/0AbCdEfGh' },
  prefixes: { 'access token': 'ya29.' },
  codeChallenges: [createHash('sha256').update(verifier).digest('base64url')],
}
const folder = mkdtempSync(join(tmpdir(), 'evergrant-secret-search-'))
afterAll(() => rmSync(folder, { recursive: true }))

function found(content: string): string[] {
  writeFileSync(join(folder, 'a.log'), content)
  return searchFiles(folder, secrets).findings.map(({ what }) => what)
}

describe('the search for secrets', () => {
  it.each([
    ['in the clear', 'x ya29.abc'],
    ['as hex', `"\\x${Buffer.from('padding ya29.abc').toString('hex')}"`],
    ['as base64', Buffer.from('padding padding ya29.abc').toString('base64')],
  ])('finds a token %s', (_how, content) => {
    expect(found(content)).toContain('access token')
  })

  it('finds a code verifier by its challenge', () => {
    expect(found(`{"verifier":"${verifier}"}`)).toEqual(['code verifier'])
  })

  it('finds an exact secret, and nothing where there is nothing', () => {
    expect(found('code=4/0AbCdEfGh')).toEqual(['authorization code'])
    expect(found('{"msg":"all is well"}')).toEqual([])
  })
})

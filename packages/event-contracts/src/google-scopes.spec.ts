import { describe, expect, it } from 'vitest'
import { missingScopes, requiredScopes, scopesForService } from './google-scopes.ts'

const api = 'https://www.googleapis.com/auth/'

describe('google scopes', () => {
  it('accepts a broader granted scope for a narrower required one', () => {
    expect(missingScopes(requiredScopes('calendar', 'read'), [`${api}calendar`])).toEqual([])
    expect(missingScopes(requiredScopes('drive', 'read'), [`${api}drive.readonly`])).toEqual([])
    expect(missingScopes(requiredScopes('gmail', 'read'), [`${api}gmail.modify`])).toEqual([])
  })

  it('does not accept a read scope for writing', () => {
    expect(missingScopes(requiredScopes('calendar', 'readwrite'), [`${api}calendar.readonly`])).toEqual([
      `${api}calendar`,
    ])
  })

  it("tells a service's scopes from its siblings'", () => {
    expect(scopesForService('drive', [`${api}calendar`, `${api}drive.file`, 'openid'])).toEqual([
      `${api}drive.file`,
    ])
  })
})

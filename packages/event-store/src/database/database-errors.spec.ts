import { DomainError } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import { reasonOf } from '../inbox/apply-event.ts'
import { isPassing, isSerializationFailure, translateDatabaseError } from './database-errors.ts'

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code })
const wrapped = (cause: Error) => new Error('wrapped by the ORM', { cause })

describe('a database error', () => {
  it.each(['08006', '53300', '57P01', '57014', 'ECONNREFUSED', 'ECONNRESET'])('%s is an outage', (code) => {
    for (const error of [withCode(code), wrapped(withCode(code))]) {
      expect(translateDatabaseError(error)).toMatchObject({
        kind: 'unavailable',
        code: 'database_unavailable',
      })
      expect(isPassing(error)).toBe(true)
    }
  })

  it.each(['23505', '22012', '42501'])('%s is nobody else’s fault and stays as it is', (code) => {
    const error = withCode(code)
    expect(translateDatabaseError(error)).toBe(error)
    expect(isPassing(error)).toBe(false)
  })

  it.each(['42703', '42P01'])('%s is a drifted schema, which will be put right', (code) => {
    expect(isPassing(withCode(code))).toBe(true)
  })

  it.each(['40001', '40P01'])('%s asks for the whole transaction again', (code) => {
    expect(isSerializationFailure(wrapped(withCode(code)))).toBe(true)
  })

  it('keeps the values that drivers quote out of what an operator reads', () => {
    expect(reasonOf(withCode('23505', 'duplicate key (token)=(ya29.secret)'))).toBe('database_error: 23505')
    expect(reasonOf(new SyntaxError('Unexpected token in "ya29.secret"'))).toBe('handler_defect: SyntaxError')
    expect(reasonOf(new DomainError('rejected', 'bad_input', 'No.', { detail: 'ya29.secret' }))).toBe(
      'bad_input: No.',
    )
  })
})

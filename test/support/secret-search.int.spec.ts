import { useDatabase } from '@evergrant/stack/testing'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { searchDatabase } from './secret-search.ts'

describe('the search for secrets in a database', () => {
  const database = useDatabase()

  it.each([
    ['text', `'prefix ya29.secret'`],
    ['jsonb', `'{"a":{"b":"ya29.secret"}}'`],
    ['bytea', `convert_to('padding padding ya29.secret', 'UTF8')`],
    ['text[]', `array['x', 'ya29.secret']`],
  ])('looks inside a column of type %s, in every schema', async (type, value) => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(
      `create schema hidden; create table hidden.kept (value ${type}); insert into hidden.kept values (${value})`,
    )
    const { findings, rows } = await searchDatabase(database.url, {
      exact: {},
      prefixes: { 'access token': 'ya29.' },
      codeChallenges: [],
    })
    await client.query('drop schema hidden cascade')
    await client.end()
    expect(rows).toBe(1)
    expect(findings).toEqual([{ where: 'hidden.kept', what: 'access token' }])
  })
})

import { describe, expect, it } from 'vitest'
import { waitingWords } from '../../services/calendar-service/src/domain/freshness.ts'
import { obstacleWords } from '../../services/calendar-service/src/domain/sync-obstacle.ts'
import { connectionReasons } from '../../services/token-service/src/domain/connection-reason.ts'

// Packages never import services, so what ties the console's sentences to their words is here.
const { connectionClauses, healthClauses, syncClauses } = await import(
  new URL('../../packages/console/page/words.js', import.meta.url).href
)

const { briefs } = await import(new URL('../../packages/console/page/brief-words.js', import.meta.url).href)

describe('the console has a sentence', () => {
  it('for every reason of a connection, and for no other word', () => {
    expect(Object.keys(connectionClauses).sort()).toEqual([...connectionReasons].sort())
  })
  it.each([...obstacleWords, ...waitingWords])(
    'for %s, which may keep a calendar from being fresh',
    (word) => {
      expect({ ...connectionClauses, ...syncClauses }).toHaveProperty(word)
    },
  )
  it('for what the health of Google says beyond those', () => {
    expect(healthClauses).toHaveProperty('token_queries_fail')
  })
  it.each([...connectionReasons, ...obstacleWords, ...waitingWords, ...Object.keys(healthClauses)])(
    'for %s, and a few words that fit a tab',
    (word) => {
      expect(briefs).toHaveProperty(word)
      expect(String(briefs[word]).length).toBeLessThanOrEqual(28)
    },
  )
})

import { describe, expect, it } from 'vitest'
import { grantDecider } from './domain/grant.ts'
import type { ProviderPolicy } from './domain/provider-policy.ts'
import type { Mutant } from './testing/refresh-simulation.ts'
import { simulateRefreshes } from './testing/simulate-refreshes.ts'

/** Some hundred suffice to find each planted defect; thousands were run by hand. */
const seeds = 100
const seedsForAMutant = 2_000
const google: ProviderPolicy = { kind: 'non_rotating' }
const window: ProviderPolicy = { kind: 'replay_window', windowSeconds: 60 }
const strict: ProviderPolicy = { kind: 'strict' }
const honest: Mutant = {}

/** The first seed that breaks such a promise, with the promises it breaks. */
async function firstBroken(policy: ProviderPolicy, mutant = honest, promise = /./) {
  const most = mutant === honest ? seeds : seedsForAMutant
  for (let seed = 1; seed <= most; seed++) {
    const broken = await simulateRefreshes({ seed, policy, mutant })
    if (broken.some((words) => promise.test(words))) return { seed, broken: [...new Set(broken)] }
  }
  return { seed: null, broken: [] }
}

describe('the refresh protocol, over every order of events a seed can choose', () => {
  it.each([google, window, strict])(
    'keeps its promises with a provider that is $kind',
    async (policy) => {
      expect(await firstBroken(policy)).toEqual({ seed: null, broken: [] })
    },
    60_000,
  )

  it('plays the same run for the same seed', async () => {
    const run = () => simulateRefreshes({ seed: 7, policy: strict, mutant: { leaseMs: 5_000 } })
    expect(await run()).toEqual(await run())
  })
})

/** The outcome of an attempt counts whoever has taken over since. */
const loserOverwrites: Mutant = {
  decider: {
    ...grantDecider,
    decide: (command, state) =>
      command.type === 'RecordRefreshFailed' && state.status === 'live'
        ? grantDecider.decide(
            { ...command, generation: state.generation },
            {
              ...state,
              refresh: {
                status: 'started',
                attempt: 1,
                attemptId: command.attemptId,
                holder: { instanceId: '', bootId: '' },
                startedAt: command.failedAt,
                leaseUntil: command.failedAt,
                failuresBefore: 0,
              },
            },
          )
        : grantDecider.decide(command, state),
  },
  // Overlaps have to happen at all; with the honest lease nobody gets that far.
  leaseMs: 5_000,
}

describe('a defect of other systems, planted', () => {
  it.each<{ told: string; policy: ProviderPolicy; mutant: Mutant; broken: RegExp }>([
    {
      told: 'a lease shorter than the provider may take: the refresh token is spent twice',
      policy: google,
      mutant: { leaseMs: 5_000 },
      broken: /two spends of one refresh token at once/,
    },
    {
      told: "the loser's failure overwrites the winner's success",
      policy: strict,
      mutant: loserOverwrites,
      broken: /labelled revoked_at_google|would still refresh/,
    },
    {
      told: 'a token valid for another quarter of an hour is refused while Google is down',
      policy: google,
      mutant: { marginMs: 15 * 60_000 },
      broken: /a usable token was refused/,
    },
    {
      told: 'a death after the provider rotated looks like a revocation',
      policy: strict,
      mutant: { policy: google },
      broken: /nobody revoked what is labelled revoked_at_google/,
    },
    {
      told: 'invalid_grant is treated like a 503',
      policy: google,
      mutant: {
        answer: (answer) =>
          answer.ok || answer.evidence.error !== 'invalid_grant'
            ? answer
            : { ...answer, evidence: { httpStatus: 503, error: null, errorSubtype: null } },
      },
      broken: /a grant the user took back was not noticed/,
    },
  ])('is found: $told', async ({ policy, mutant, broken }) => {
    expect(await firstBroken(policy, mutant, broken)).toMatchObject({ seed: expect.any(Number) })
  })
})

import { deepStrictEqual, fail, strictEqual } from 'node:assert/strict'
import { type Decider, type Fact, fold } from './decider.ts'
import { DomainError } from './domain-error.ts'

/** `given(facts).when(command).then(facts)`: a decision, read aloud. */
export function specification<State, Command, F extends Fact>(decider: Decider<State, Command, F>) {
  return {
    given: (...history: readonly F[]) => ({
      when: (command: Command) => {
        const state = fold(decider, history)
        const decide = () => decider.decide(command, state)
        return {
          // biome-ignore lint/suspicious/noThenProperty: given/when/then is the vocabulary; nothing awaits this object.
          then: (...facts: readonly F[]) => deepStrictEqual(decide(), facts),
          changesNothing: () => deepStrictEqual(decide(), []),
          refuses: (code: string) => {
            try {
              decide()
            } catch (error) {
              if (!(error instanceof DomainError)) throw error
              strictEqual(error.code, code)
              return
            }
            fail(`expected a refusal with ${code}`)
          },
        }
      },
    }),
  }
}

/** A private domain event: what happened, in the past tense, without a secret. */
export interface Fact {
  readonly type: string
  readonly data: object
}

/**
 * The pure core of an aggregate. Nothing here reads a clock, a random source or the network: commands carry
 * the time and every new id they need.
 */
export interface Decider<State, Command, F extends Fact> {
  readonly initialState: State
  /** The facts a command leads to; `[]` when there is nothing left to do (a repeated delivery).
   * @throws DomainError when the command breaks a rule. */
  decide(command: Command, state: State): readonly F[]
  /** The state after one fact. Unknown facts leave it as it is, so older code survives newer streams. */
  evolve(state: State, fact: F): State
}

/** Folds facts, oldest first, into a state. */
export function fold<State, F extends Fact>(
  decider: Pick<Decider<State, never, F>, 'initialState' | 'evolve'>,
  facts: readonly F[],
): State {
  return facts.reduce((state, fact) => decider.evolve(state, fact), decider.initialState)
}

/** Who is calling: `sub` is the user id. */
export interface Caller {
  readonly sub: string
  readonly scopes: readonly string[]
  /** Only when the issuer says that it is theirs. */
  readonly email?: string
}

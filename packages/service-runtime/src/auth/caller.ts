/** Who is calling: `sub` is the user id. */
export interface Caller {
  readonly sub: string
  readonly scopes: readonly string[]
}

import { Migration } from '@mikro-orm/migrations'

/** The refresh tokens that live grants hold already; earlier ones of the same grants are not known any more. On its own,
 * so that no lock of a schema change is held meanwhile. */
export class RefreshTokensAlreadyHere extends Migration {
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(`
      insert into issued_refresh_token (grant_id, generation, issuer, account_id, issued_at)
      select grant_id, (state ->> 'refreshTokenGeneration')::int, issuer, account_id,
             (state ->> 'refreshTokenSince')::timestamptz
        from grant_state
       where status = 'live' and state ->> 'refreshTokenGeneration' is not null
         and state ->> 'refreshTokenSince' is not null
      on conflict (grant_id, generation) do nothing`)
  }

  /** What it filled in is true without it too. */
  override down(): void {}
}

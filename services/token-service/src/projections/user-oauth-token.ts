import { defineEntity, p } from '@mikro-orm/postgresql'

/** The model of one row per connection, in the columns its users know: what the manifest is held against, and what whoever
 * loads rows through the ORM gets. They are written by a statement of their own, in `user-oauth-tokens.ts`. */
export const UserOauthToken = defineEntity({
  name: 'UserOauthToken',
  tableName: 'user_oauth_tokens',
  properties: {
    id: p.uuid().primary(),
    userId: p.text().name('user_id'),
    service: p.text(),
    /** Where the vault keeps it: `vault:<grant>/access_token@<generation>`. */
    accessToken: p.text().name('access_token').nullable(),
    refreshToken: p.text().name('refresh_token').nullable(),
    tokenExpiry: p.datetime().name('token_expiry').nullable(),
    /** What was granted, separated by spaces. */
    scope: p.text().nullable(),
    /** Google's `sub`. */
    serviceUserId: p.text().name('service_user_id'),
    serviceEmail: p.text().name('service_email'),
    createdAt: p.datetime().name('created_at'),
    updatedAt: p.datetime().name('updated_at'),
  },
})

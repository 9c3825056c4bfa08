import type { CohortReason, Confidence } from './cohort.ts'

/** What happened, for a person who has to act on it. */
const causes: Readonly<Record<CohortReason, string>> = {
  client_misconfigured: "Google does not accept the application's client id and secret",
  consent_expired_testing_mode:
    'the consent screen is in testing, where Google ends every refresh token after seven days',
  admin_policy: 'an administrator of this Workspace domain blocks the application',
  session_control: 'this organisation asks its people to sign in to Google again after some time',
  account_disabled: 'Google or an administrator has disabled these accounts',
  refresh_token_limit:
    'newer consents of the same Google account displaced these refresh tokens, as Google keeps a hundred',
  password_changed: 'a password was changed, which ends refresh tokens with Gmail scopes and no others',
  client_changed:
    'the OAuth client was deleted or replaced, or the access of the whole application was withdrawn at Google',
}

const actions: Readonly<Record<CohortReason, string>> = {
  client_misconfigured:
    'Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google console; no user has to do anything.',
  consent_expired_testing_mode:
    'Publish the application on its OAuth consent screen, then let the users connect again; until then it repeats every week.',
  admin_policy:
    'Ask the administrator to trust the client under Security, API controls, App access control; then the users connect again.',
  session_control:
    'Ask the administrator to exempt the application from Google Cloud session control, or let the users connect again each time.',
  account_disabled: 'Ask the owner of the accounts; nothing here can mend it.',
  refresh_token_limit:
    'Find out why one account consents so often: test accounts and sign-in loops are the usual cause; share one grant instead.',
  password_changed:
    'Let the users connect again; ask for Gmail in a grant of its own when the other services must survive it.',
  client_changed:
    'Look for a change of the OAuth client or its project at that time; put the old client back if it still exists, or let the users connect again.',
}

const openings: Readonly<Record<Confidence, string>> = {
  certain: 'Google says',
  likely: 'Most likely',
  possible: 'Possibly',
}

/** One sentence that claims no more than is known. */
export function causeInWords(reason: CohortReason, confidence: Confidence): string {
  return `${openings[confidence]}: ${causes[reason]}.`
}

export function actionFor(reason: CohortReason): string {
  return actions[reason]
}

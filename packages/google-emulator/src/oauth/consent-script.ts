/** What the next consent ends with, whatever the person answers. */
export interface ScriptedConsent {
  /** Google's word: `admin_policy_enforced`, `org_internal`, `disallowed_useragent`, `access_denied`, `server_error`, … */
  readonly error: string
  /** Only for this account; anybody's when absent. */
  readonly email?: string
  /** How many consents end so; 1 by default, `null` until it is cleared. */
  readonly times?: number | null
  /** Google shows policy errors to the person and sends nobody back; `client` sends `error=` to the redirect URI. */
  readonly shownTo?: 'person' | 'client'
}

export interface ConsentScript {
  add(consent: ScriptedConsent): void
  /** The script's answer for this account, if it has one; counted. */
  next(email: string): ScriptedConsent | undefined
  clear(): void
}

export function createConsentScript(): ConsentScript {
  let script: { readonly consent: ScriptedConsent; left: number }[] = []
  return {
    add(consent) {
      const times = consent.times === undefined ? 1 : consent.times
      script.push({ consent, left: times ?? Number.POSITIVE_INFINITY })
    },
    next(email) {
      const due = script.find(({ consent }) => consent.email === undefined || consent.email === email)
      if (!due) return undefined
      due.left -= 1
      script = script.filter(({ left }) => left > 0)
      return due.consent
    },
    clear() {
      script = []
    },
  }
}

/** The sentence and status of the error page Google shows. */
export const policyPages: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  admin_policy_enforced: {
    status: 400,
    message:
      'Access to your account data is restricted by policies within your organization. Please contact the administrator of your organization for more information.',
  },
  org_internal: { status: 403, message: 'This client is restricted to users within its organization.' },
  disallowed_useragent: {
    status: 403,
    message: "This browser does not comply with Google's policy for sign-in.",
  },
  access_denied: {
    status: 403,
    message: 'The app is being tested, and can only be accessed by developer-approved testers.',
  },
}

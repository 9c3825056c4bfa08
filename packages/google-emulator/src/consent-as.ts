export interface ConsentAnswer {
  /** Who gives consent; an address nobody has used yet becomes a new account. */
  readonly email: string
  /** Presses Deny. */
  readonly deny?: boolean
  /** Ticks only these of the asked scopes; all by default. */
  readonly scopes?: readonly string[]
}

/** Answers the consent page like a person with a browser would.
 * @returns the URL Google sends the browser to: the client's redirect URI with `code` or `error`
 * @throws Error when the page says that the request itself is wrong */
export async function consentAs(authorizationUrl: string, answer: ConsentAnswer): Promise<string> {
  const shown = await fetch(authorizationUrl, { redirect: 'manual' })
  const redirected = shown.headers.get('location')
  const html = await shown.text()
  if (redirected !== null) return redirected
  if (!shown.ok) throw new Error(`the consent page refused: ${textOf(html)}`)
  const asked = new URL(authorizationUrl)
  const form = new URLSearchParams(asked.searchParams)
  form.set('email', answer.email)
  form.set('decision', answer.deny ? 'deny' : 'allow')
  const offered = [...html.matchAll(/name="granted_scope" value="([^"]+)"/g)].map(([, scope = '']) => scope)
  for (const scope of answer.scopes ?? offered) form.append('granted_scope', scope)
  const page = asked.origin + asked.pathname
  const answered = await fetch(page, { method: 'POST', body: form, redirect: 'manual' })
  const location = answered.headers.get('location')
  if (location === null) throw new Error(`the consent page refused: ${textOf(await answered.text())}`)
  return location
}

const textOf = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

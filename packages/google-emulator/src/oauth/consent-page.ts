import type { Account } from '../state.ts'
import type { AuthorizationRequest, ConsentRefused } from './authorization-request.ts'
import { describeScope, isIdentityScope } from './scopes.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f0f2f5;color:#1f1f1f}
main{max-width:30rem;margin:6vh auto;padding:2rem;background:#fff;border-radius:1rem}
h1{font-size:1.4rem;margin:0 0 .5rem}fieldset{border:1px solid #c4c7c5;border-radius:.5rem;margin:1rem 0;padding:.5rem 1rem}
label{display:block;padding:.35rem 0}input[type=email]{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}
.note{color:#444;font-size:.9rem}.actions{display:flex;gap:1rem;justify-content:flex-end}
button{font:inherit;padding:.55rem 1.4rem;border-radius:2rem;border:1px solid #747775;background:#fff;color:#0b57d0;cursor:pointer}
button[value=allow]{background:#0b57d0;border-color:#0b57d0;color:#fff}button:focus-visible,input:focus-visible{outline:3px solid #1f1f1f;outline-offset:2px}`

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${content}</main></body></html>`
}

/** What the person says: a link must not be able to say it for them. */
const answerFields = ['email', 'typed_email', 'granted_scope', 'decision']

/** The page a person answers: which account, which of the asked scopes, allow or deny. */
export function consentPage(
  request: AuthorizationRequest,
  query: URLSearchParams,
  accounts: readonly Account[],
): string {
  const hidden = [...query]
    .filter(([name]) => !answerFields.includes(name))
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
  const asked = request.scopes.filter((scope) => !isIdentityScope(scope))
  const appHost = new URL(request.redirectUri).host
  return page(
    'Sign in with Google (emulator)',
    `<h1>${escapeHtml(appHost)} wants to access your Google Account</h1>
<p class="note">This is the Google emulator. No real account is involved and there are no passwords.</p>
<form method="post">${hidden.join('')}
<fieldset><legend>Choose an account</legend>${accountChoices(accounts, request.loginHint)}</fieldset>
${asked.length > 0 ? `<fieldset><legend>Select what ${escapeHtml(appHost)} can access</legend>${asked.map(scopeChoice).join('')}</fieldset>` : ''}
<p class="actions"><button name="decision" value="deny">Deny</button><button name="decision" value="allow">Allow</button></p>
</form>`,
  )
}

function accountChoices(accounts: readonly Account[], hint: string | null): string {
  const known = accounts.some((account) => account.email === hint || account.sub === hint)
  const chosen = (account: Account, index: number) =>
    known ? account.email === hint || account.sub === hint : hint === null && index === 0
  const radios = accounts.map(
    (account, index) =>
      `<label><input type="radio" name="email" value="${escapeHtml(account.email)}"${chosen(account, index) ? ' checked' : ''}> ${escapeHtml(`${account.name} (${account.email})`)}</label>`,
  )
  const typed = known || hint === null ? '' : ` value="${escapeHtml(hint)}"`
  return `${radios.join('')}<label for="typed-email">or another account</label>
<input id="typed-email" type="email" name="typed_email" autocomplete="off" placeholder="name@example.com"${typed}>`
}

const scopeChoice = (scope: string) =>
  `<label><input type="checkbox" name="granted_scope" value="${escapeHtml(scope)}" checked> ${escapeHtml(describeScope(scope))}</label>`

/** "Access blocked", as a person sees it when the request is wrong or a policy stands against it. */
export function refusalPage({ code, message, status }: ConsentRefused): string {
  return page(
    'Access blocked',
    `<h1>Access blocked</h1><p>${escapeHtml(message)}</p><p class="note">Error ${status}: ${escapeHtml(code)}</p>`,
  )
}

import { type ConsentAnswer, consentAs } from '@evergrant/google-emulator'

/** A browser, as far as this service can tell: cookies, redirects followed by hand. */
export interface Browser {
  /** Opens a URL of the service, whatever host it names. */
  open(url: string): Promise<BrowserAnswer>
  /** Answers Google's page; gives Google's redirect back without following it. */
  answerGoogle(page: string, answer: ConsentAnswer): Promise<string>
  /** Opens the link, and answers Google's page. */
  consent(link: string, answer: ConsentAnswer): Promise<string>
  readonly cookies: Map<string, string>
}

interface BrowserAnswer {
  readonly status: number
  readonly location: string | null
  readonly headers: Headers
  readonly body: string
}

/** `serviceUrl` is where the gateway would forward to. */
export function createBrowser(serviceUrl: () => string): Browser {
  const cookies = new Map<string, string>()
  const open = async (url: string): Promise<BrowserAnswer> => {
    const { pathname, search } = new URL(url)
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(`${serviceUrl()}${pathname}${search}`, {
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const { status, headers } = response
    return { status, headers, location: headers.get('location'), body: await response.text() }
  }
  return {
    open,
    cookies,
    answerGoogle: consentAs,
    consent: async (link, answer) => {
      const { location } = await open(link)
      if (location === null) throw new Error('the link did not lead to Google')
      return consentAs(location, answer)
    },
  }
}

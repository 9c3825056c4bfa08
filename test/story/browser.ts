import { eventually } from './eventually.ts'

/** A browser as far as consent needs one: it keeps cookies per origin and follows redirects by hand. */
export function browser() {
  const cookies = new Map<string, Map<string, string>>()

  async function request(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = cookies.get(new URL(url).origin) ?? new Map<string, string>()
    cookies.set(new URL(url).origin, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers ?? {}), ...(cookie ? { cookie } : {}) },
      signal: AbortSignal.timeout(15_000),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }

  return {
    request,
    /** Opens a URL and answers the `Location` it redirects to; a page that is "not now" is opened again. */
    async redirectOf(url: string): Promise<string> {
      const response = await eventually(
        async () => {
          const answer = await request(url)
          if (answer.status >= 500) throw new Error(`${answer.status}: ${await answer.text()}`)
          return answer
        },
        { what: `a redirect from ${new URL(url).pathname}`, everyMs: 200 },
      )
      const location = response.headers.get('location')
      if (!location)
        throw new Error(`${new URL(url).pathname} answered ${response.status}: ${await response.text()}`)
      return new URL(location, url).href
    },
  }
}

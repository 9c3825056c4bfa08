/** Ties a browser to the links it opened. It holds one secret per link, newest first, so that two tabs do not
 * disturb each other, and a secret planted beforehand is worth nothing: every link makes its own. */
export interface BrowserCookie {
  /** The secrets a `Cookie` header brings. */
  read(header: string | undefined): readonly string[]
  /** The `Set-Cookie` value that adds one. */
  add(secret: string, header: string | undefined): string
}

const linksAtOnce = 4

/** Longer than an authorization lives: what it left open can be added with one click from the same browser. */
const maxAgeSeconds = 3600

/** Over https with the `__Host-` prefix, which no sibling domain can set; over loopback http, where browsers refuse the
 * prefix, under the plain name. SameSite=Lax: Google's redirect is a top-level navigation and must bring it. */
export function createBrowserCookie({ secure }: { readonly secure: boolean }): BrowserCookie {
  const name = secure ? '__Host-evergrant-authorization' : 'evergrant-authorization'
  const read = (header: string | undefined): readonly string[] => {
    const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='))
    const value = pairs.find(([key]) => key === name)?.[1] ?? ''
    return value
      .split('.')
      .filter((secret) => /^[\w-]{43}$/.test(secret))
      .slice(0, linksAtOnce)
  }
  return {
    read,
    add: (secret, header) => {
      const value = [secret, ...read(header)].slice(0, linksAtOnce).join('.')
      const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`
      return `${name}=${value}; ${attributes}${secure ? '; Secure' : ''}`
    },
  }
}

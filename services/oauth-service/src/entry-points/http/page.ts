import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

export interface PageContent {
  readonly title: string
  readonly paragraphs: readonly string[]
  /** What a click does next. */
  readonly link?: { readonly label: string; readonly href: string }
}

export interface Page extends PageContent {
  readonly status: number
  /** For support: leads to the log lines. */
  readonly requestId: string
}

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem;color:#1a1a1a;background:#fff}' +
  'h1{font-size:1.5rem}a{display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#0b57d0;color:#fff;text-decoration:none}' +
  'a:hover{text-decoration:underline}a:focus-visible{outline:3px solid #0b57d0;outline-offset:3px}footer{margin-top:3rem;color:#595959;font-size:.875rem}' +
  '@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}footer{color:#aaa}a{background:#a8c7fa;color:#062e6f}a:focus-visible{outline-color:#a8c7fa}}'

const styleHash = createHash('sha256').update(style).digest('base64')

/** A browser shows this beside a session it holds elsewhere: no script, no frame, no referrer, no cache. */
export const browserHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Sends a small page that needs nothing but HTML. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .code(page.status)
    .headers({ ...browserHeaders, 'content-type': 'text/html; charset=utf-8' })
    .serializer(String)
    .send(html(page))
}

function html({ title, paragraphs, link, requestId }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}${link ? `\n${linkHtml(link)}` : ''}
</main>
<footer>Reference: ${escapeHtml(requestId)}</footer>
</body>
</html>
`
}

function linkHtml({ label, href }: NonNullable<Page['link']>): string {
  return `<p><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></p>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

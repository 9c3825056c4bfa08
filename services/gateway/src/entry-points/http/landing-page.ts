import type { HttpApp } from '@evergrant/service-runtime'
import type { ReplicaHealth, ServiceHealth, SystemHealth } from '../../application/system-health.ts'
import { escapeHtml, sendPage, sourceHash } from './html-page.ts'

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-top: 1px solid #c8c8c8 }
a { color: #1f5f4f }
.first { font-size: 1.1rem; margin: 1.5rem 0 }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } a { color: #8fd3bd } }
`

/** GET /: what runs and how it is, as plain HTML that needs no script. */
export function landingPage(app: HttpApp, systemHealth: () => Promise<SystemHealth>): void {
  app.get('/', { schema: { hide: true }, config: { access: 'public' } }, async (request, reply) => {
    // The actions of connections led here until there was a console; events and mails still hold them.
    if (request.url.startsWith('/?connect=')) return reply.redirect(`/console${request.url.slice(1)}`, 302)
    return sendPage(reply, render(await systemHealth()), `default-src 'none'; style-src ${sourceHash(style)}`)
  })
}

function render(health: SystemHealth): string {
  const ready = health.status === 'ready'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evergrant: ${ready ? 'ready' : 'not ready'}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Evergrant</h1>
<p>Evergrant keeps an application’s Google access alive. ${ready ? 'Everything is ready.' : '<strong>Not everything is ready.</strong>'}</p>
<p class="first"><a href="/console">Open the console</a>: why did my calendar stop, and what helps?</p>
<table>
<caption>What runs</caption>
<thead><tr><th scope="col">Service</th><th scope="col">Replica</th><th scope="col">Status</th><th scope="col">What callers can rely on</th></tr></thead>
<tbody>
${health.services.flatMap((service) => service.replicas.map((replica) => row(service, replica))).join('\n')}
</tbody>
</table>
<h2>Where to go</h2>
<ul>
<li><a href="/docs/">API reference</a>: every path of the three services</li>
<li><a href="/health">Health</a> as JSON</li>
</ul>
</main>
</body>
</html>
`
}

function row({ name }: ServiceHealth, { replica, status, capabilities }: ReplicaHealth): string {
  const lines = capabilities.map((capability) => {
    const why = capability.description ?? capability.reason
    const text = `${capability.name}: ${capability.status}${why === undefined ? '' : ` (${why})`}`
    return `<li>${escapeHtml(text)}</li>`
  })
  const list = lines.length === 0 ? 'nothing is known' : `<ul>${lines.join('')}</ul>`
  return `<tr><th scope="row">${escapeHtml(name)}</th><td>${replica}</td><td>${status.replace('_', ' ')}</td><td>${list}</td></tr>`
}

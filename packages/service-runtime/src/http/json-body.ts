import type { HttpApp } from './http-app-type.ts'

/** Only JSON comes in; anything else is 415. An empty body is no body, whatever its content type claims. */
export function parseJsonBodies(app: HttpApp): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else void parse(request, body as string, done)
  })
}

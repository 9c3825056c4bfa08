import type { HttpApp } from './http-app-type.ts'

/** Only JSON comes in; anything else is 415. Keys that would reach a prototype are refused like broken JSON. */
export function parseJsonBodies(app: HttpApp): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
}

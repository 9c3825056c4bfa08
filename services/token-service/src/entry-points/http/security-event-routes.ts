import type { HttpApp } from '@evergrant/service-runtime'
import { applySecurityEvent, type SecurityEventDeps } from '../../application/apply-security-event.ts'
import { tokenErrors } from '../../domain/errors.ts'
import type { SecurityEvent } from '../../domain/security-event.ts'

/** Where Google pushes Cross-Account Protection events (RFC 8935): a signed token, and nothing else, is the caller's
 * proof. Answers 202 once its consequences have committed; what is not acknowledged is sent again. */
export function securityEventRoutes(
  app: HttpApp,
  deps: SecurityEventDeps & {
    readonly readSecurityEvents: (token: string) => Promise<readonly SecurityEvent[]>
  },
): void {
  app.register(async (scope) => {
    scope.addContentTypeParser('application/secevent+jwt', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
    scope.post(
      '/v1/google/security-events',
      { config: { access: 'public' }, schema: { tags: ['google'] } },
      async (request, reply) => {
        if (typeof request.body !== 'string') {
          throw tokenErrors.security_event_rejected({ extensions: { err: 'invalid_request' } })
        }
        for (const event of await deps.readSecurityEvents(request.body.trim())) {
          await applySecurityEvent(deps, event)
        }
        return reply.code(202).send()
      },
    )
  })
}

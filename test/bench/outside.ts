import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGoogleEmulator } from '@evergrant/google-emulator'
import { createTestIssuer } from '@evergrant/service-runtime/testing'
import { startNatsServer, startPostgresServer } from '@evergrant/stack/testing'

/** What one process of a service needs around it: PostgreSQL that keeps its fsync, nats-server, an empty Google and an
 * issuer, and a folder for its key files. */
export async function startOutside() {
  const [postgres, nats, google, issuer] = await Promise.all([
    startPostgresServer({ durable: true }),
    startNatsServer(),
    startGoogleEmulator({ seed: 'empty' }),
    createTestIssuer(),
  ])
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'))
  return {
    postgres,
    nats,
    google,
    issuer,
    folder,
    /** All but the database and the keys. */
    env: {
      NATS_URL: nats.url,
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: issuer.audience,
      AUTH_JWKS_URI: issuer.jwksUri,
      PUBLIC_URL: 'http://127.0.0.1:8080',
      GOOGLE_ISSUER: google.url,
      GOOGLE_CLIENT_ID: google.client.clientId,
      GOOGLE_CLIENT_SECRET: google.client.clientSecret,
    },
    stop: async () => {
      await Promise.all([google.close(), issuer.close()])
      await Promise.all([postgres.stop(), nats.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

import { join } from 'node:path'
import type { GoogleClient } from '../google-settings.ts'
import type { ProcessPlan } from '../processes/process-plan.ts'
import { nodeProcessPlan } from './node-process.ts'

export interface EmulatorSettings {
  readonly root: string
  readonly dataDir: string
  readonly port: number
  readonly clientSecret: string
  readonly publicUrl: string
  readonly inherited: Readonly<Record<string, string>>
}

/** The Google that stands in while no real client is configured; it knows one client, and that is us. */
export function emulatorPlan(settings: EmulatorSettings): { google: GoogleClient; plan: ProcessPlan } {
  const issuer = `http://127.0.0.1:${settings.port}`
  const google = {
    issuer,
    apiRootUrl: issuer,
    tokeninfoUrl: `${issuer}/tokeninfo`,
    clientId: 'evergrant-development.apps.googleusercontent.com',
    clientSecret: settings.clientSecret,
  }
  const plan = nodeProcessPlan({
    name: 'google-emulator',
    entry: join(settings.root, 'packages/google-emulator/src/main.ts'),
    port: settings.port,
    livePath: '/.well-known/openid-configuration',
    env: {
      ...settings.inherited,
      GOOGLE_CLIENT_ID: google.clientId,
      GOOGLE_CLIENT_SECRET: google.clientSecret,
      GOOGLE_REDIRECT_URIS: `${settings.publicUrl}/v1/oauth/google/callback`,
      STATE_FILE: join(settings.dataDir, 'google-emulator.json'),
    },
  })
  return { google, plan }
}

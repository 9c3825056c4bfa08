import { defaultClient, type OAuthClient } from './oauth/client.ts'

export interface EmulatorConfig {
  readonly host: string
  readonly port: number
  readonly client: OAuthClient
  readonly publicUrl: string | undefined
  readonly stateFile: string | undefined
  readonly seed: 'default' | 'empty'
}

/** PORT, HOST, PUBLIC_URL, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_REDIRECT_URIS (comma list), STATE_FILE, SEED.
 * @throws Error naming every variable that is wrong */
export function readConfig(env: Readonly<Record<string, string | undefined>>): EmulatorConfig {
  const port = Number(env.PORT ?? 0)
  const seed = env.SEED ?? 'default'
  const wrong = [
    ...(Number.isInteger(port) && port >= 0 && port < 65_536 ? [] : ['PORT must be a port number']),
    ...(seed === 'default' || seed === 'empty' ? [] : ['SEED must be default or empty']),
  ]
  if (wrong.length > 0) throw new Error(wrong.join('; '))
  return Object.freeze({
    host: env.HOST ?? '127.0.0.1',
    port,
    client: {
      clientId: env.GOOGLE_CLIENT_ID || defaultClient.clientId,
      clientSecret: env.GOOGLE_CLIENT_SECRET || defaultClient.clientSecret,
      redirectUris: (env.GOOGLE_REDIRECT_URIS ?? '')
        .split(',')
        .map((uri) => uri.trim())
        .filter(Boolean),
    },
    publicUrl: env.PUBLIC_URL?.replace(/\/$/, '') || undefined,
    stateFile: env.STATE_FILE || undefined,
    seed: seed === 'empty' ? 'empty' : 'default',
  })
}

export const config = () => readConfig(process.env)

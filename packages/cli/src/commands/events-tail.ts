import { couldNotCheck, type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { dataDirectory, endpointsIn } from '../running-stack.ts'

export interface TailOptions {
  readonly subject: string
  readonly dataDir?: string
  readonly json?: boolean
}

/** Prints public events as they pass, until interrupted; secrets are never in them. */
export async function eventsTail(options: TailOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { url } = endpointsIn(dataDirectory(options.dataDir, surroundings)).nats
  const { connect } = await import('nats')
  const { host, username, password } = new URL(url)
  const connection = await connect({
    servers: host,
    ...(username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    name: 'evergrant events tail',
    maxReconnectAttempts: -1,
  }).catch((cause) => {
    throw couldNotCheck(`nats-server at ${host} does not answer, or not with this login`, cause)
  })
  const subscription = connection.subscribe(options.subject)
  surroundings.interrupted.addEventListener('abort', () => subscription.unsubscribe(), { once: true })
  surroundings.warn(`listening to ${options.subject} …`)
  for await (const message of subscription) {
    const headers = Object.fromEntries(
      (message.headers?.keys() ?? []).map((name) => [name, message.headers?.get(name) ?? '']),
    )
    const data = message.data.length === 0 ? null : message.string()
    surroundings.write(
      options.json
        ? JSON.stringify({ subject: message.subject, headers, data: parsed(data) })
        : [headers['ce-time'] ?? '', message.subject, headers['ce-id'] ?? '', data ?? ''].join('  '),
    )
  }
  await connection.close()
  return exitCodes.held
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return text
  }
}

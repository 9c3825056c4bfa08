import { connect } from 'node:net'
import { type ExitCode, exitCodes, type Surroundings } from '../outcome.ts'
import { dataDirectory, type Endpoints, endpointsIn } from '../running-stack.ts'
import { table } from '../table.ts'
import { findCohorts } from './find-cohorts.ts'
import { findDeadLetters } from './find-dead-letters.ts'
import type { Finding } from './finding.ts'
import { googleSetup } from './google-setup.ts'

const marks = { ok: '✓', warning: '!', failed: '✗', unknown: '?', not_checked: '✗' } as const

const patienceMs = 5_000

/** Looks at every part of the running stack on its own, so that a sick one shows beside the healthy ones. */
export async function doctor(
  options: { readonly dataDir?: string; readonly json?: boolean },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { env } = surroundings
  const endpoints = env.EVERGRANT_URL ? undefined : endpointsIn(dataDirectory(options.dataDir, surroundings))
  const gateway = (env.EVERGRANT_URL || endpoints?.gateway || '').replace(/\/$/, '')
  const [setup, cohorts, deadLetters, ...parts] = await Promise.all([
    googleSetup(options, surroundings),
    findCohorts(options, surroundings),
    findDeadLetters(options, surroundings),
    health('gateway and everything behind it', `${gateway}/health`),
    ...(endpoints === undefined ? [] : inside(endpoints)),
  ])
  const findings = [...parts, ...setup, ...cohorts, ...deadLetters]
  surroundings.write(
    options.json
      ? JSON.stringify({ findings }, null, 2)
      : table(
          ['', 'what', 'says'],
          findings.map(({ status, what, says }) => [marks[status], what, says]),
        ),
  )
  if (findings.some(({ status }) => status === 'failed')) return exitCodes.failed
  return findings.every(({ ok }) => ok) ? exitCodes.held : exitCodes.couldNotCheck
}

function inside({ services, nats, postgres, google }: Endpoints): Promise<Finding>[] {
  return [
    ...services
      .filter(({ name }) => name !== 'gateway' && name !== 'google-emulator')
      .map(({ name, replica, url }) => health(`${name} ${replica}`, `${url}/health/ready`)),
    nats.monitorUrl === null ? listens('nats', nats.url, 4222) : health('nats', `${nats.monitorUrl}/healthz`),
    listens('postgres', postgres.adminUrl, 5432),
    health(
      google.emulated ? 'google (emulator)' : 'google',
      `${google.issuer}/.well-known/openid-configuration`,
    ),
  ]
}

async function health(what: string, url: string): Promise<Finding> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
    const text = await response.text()
    const { ok, status } = response
    return finding(what, ok, ok ? `${status}` : `${status} ${text.slice(0, 500)}`)
  } catch {
    return finding(what, false, `${url} does not answer`)
  }
}

function finding(what: string, ok: boolean, says: string): Finding {
  return { what, ok, status: ok ? 'ok' : 'failed', says }
}

function listens(what: string, url: string, defaultPort: number): Promise<Finding> {
  const { hostname, port, host } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || defaultPort, timeout: patienceMs })
    const answer = (ok: boolean) => {
      socket.destroy()
      resolve(finding(what, ok, ok ? 'takes connections' : `${host} does not answer`))
    }
    socket.once('connect', () => answer(true))
    socket.once('timeout', () => answer(false))
    socket.once('error', () => answer(false))
  })
}

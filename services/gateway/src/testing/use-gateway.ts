import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { readGatewayConfig } from '../config.ts'
import { startGateway } from '../service.ts'
import { deadUrl, listen, Replica } from './replica.ts'

type Gateway = Awaited<ReturnType<typeof startGateway>>

interface GatewayInFront {
  readonly oauth: Replica
  readonly token: Replica
  readonly calendar: Replica
  readonly url: string
  /** A second gateway before the same replicas, which knows of none that is dead. The caller stops it. */
  startWithoutDeadReplica(): Promise<Gateway>
}

/** A gateway for the surrounding file, before one replica of each service; token-service has lost another one. */
export function useGateway(): GatewayInFront {
  const replicas = { oauth: new Replica(), token: new Replica(), calendar: new Replica() }
  const { oauth, token, calendar } = replicas
  let gateway: Gateway

  const start = (tokenServiceUrls: string) =>
    startGateway(
      readGatewayConfig({
        PUBLIC_URL: 'http://127.0.0.1:8080',
        LOG_LEVEL: 'silent',
        OAUTH_SERVICE_URLS: urlOf(oauth),
        TOKEN_SERVICE_URLS: tokenServiceUrls,
        CALENDAR_SERVICE_URLS: urlOf(calendar),
      }),
    )

  beforeAll(async () => {
    for (const { server } of Object.values(replicas)) await listen(server)
    gateway = await start(`${await deadUrl()}, ${urlOf(token)}`)
  })
  beforeEach(() => {
    for (const replica of Object.values(replicas)) {
      replica.ready = true
      replica.handle = (_request, response) => response.writeHead(418).end()
    }
  })
  afterAll(async () => {
    await gateway.stop()
    for (const { server } of Object.values(replicas)) {
      server.closeAllConnections()
      server.close()
    }
  })

  return {
    ...replicas,
    get url() {
      return gateway.url
    },
    startWithoutDeadReplica: () => start(urlOf(token)),
  }
}

function urlOf({ server }: Replica): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

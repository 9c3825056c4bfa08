import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

// Below the range (32768 and up, on Linux) from which the system picks the near end of outgoing connections: such a
// connection would otherwise take the port of a server between its end and its restart.
const firstPort = 20_000
const lastPort = 32_000

/** A port on loopback that nobody listens on right now; at random, so that two who ask at once do not get the same. */
export async function freePort(): Promise<number> {
  while (true) {
    const port = randomInt(firstPort, lastPort)
    if (await canListen(port)) return port
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Whether something on loopback accepts connections on this port. Without a timeout: loopback answers at once, and a
 * timer that is late because this process was busy would be taken for a listener. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const answer = (listening: boolean) => {
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

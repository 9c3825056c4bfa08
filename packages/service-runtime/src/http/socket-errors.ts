import type { Socket } from 'node:net'
import type { Ids } from '@evergrant/decider'
import { runtimeErrors } from '../errors.ts'
import { problemFrom } from './problem.ts'

/** Answers what never became a request (broken HTTP, oversized headers) with a problem document, then hangs up. */
export function answerSocketErrors(ids: Ids): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const { problem, headers } = problemFrom(runtimeErrors.invalid_request(), ids.next())
    const body = JSON.stringify(problem)
    const lines = Object.entries({
      ...headers,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\n${body}`)
  }
}

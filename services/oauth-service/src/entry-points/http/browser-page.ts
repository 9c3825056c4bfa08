import { DomainError } from '@evergrant/decider'
import { problemFrom } from '@evergrant/service-runtime'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendPage } from './page.ts'

/** Refusals become pages, with the status they would have as a problem document. */
export async function withPages(
  request: FastifyRequest,
  reply: FastifyReply,
  serve: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await serve()
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error
    request.log.info({ requestId: request.id, err: error }, 'a browser was refused')
    const { problem, headers } = problemFrom(error, request.id)
    const retryAfter = headers['retry-after']
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    const { status, detail } = problem
    return sendPage(reply, {
      status,
      title: 'This did not work',
      paragraphs: [detail],
      requestId: request.id,
    })
  }
}

/** The query as it came: Fastify's own parser would fold repeated parameters. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const question = request.url.indexOf('?')
  return new URLSearchParams(question < 0 ? '' : request.url.slice(question + 1))
}

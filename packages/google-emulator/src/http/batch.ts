import { randomUUID } from 'node:crypto'
import type { Call, Reply } from './call.ts'
import { googleError } from './google-error.ts'

/** Calendar allows 50 calls in a batch, Gmail and Drive 100. */
const mostCalls = (path: string) => (path.startsWith('/batch/calendar') ? 50 : 100)

export const isBatch = (call: Call) => call.method === 'POST' && /^\/batch(\/|$)/.test(call.path)

/** A `multipart/mixed` body of HTTP calls, each answered on its own; `answer` does one.
 * @throws GoogleError 400 for a body that is none, or has too many calls */
export async function answerBatch(call: Call, answer: (inner: Call) => Promise<Reply>): Promise<Reply> {
  const boundary = /boundary="?([^";]+)"?/.exec(String(call.headers['content-type'] ?? ''))?.[1]
  if (boundary === undefined) throw googleError(400, 'badRequest', 'Missing multipart boundary.')
  const parts = call.body.toString('utf8').split(`--${boundary}`).slice(1, -1)
  if (parts.length === 0) throw googleError(400, 'badRequest', 'The batch request is empty.')
  const most = mostCalls(call.path)
  if (parts.length > most) {
    throw googleError(400, 'badRequest', `The batch request could not be processed. The max is ${most}.`)
  }
  const ours = `batch_${randomUUID()}`
  const answers: string[] = []
  for (const part of parts) {
    const { contentId, inner } = innerCall(part, call)
    const named = contentId === undefined ? '' : `Content-ID: <response-${contentId}>\r\n`
    answers.push(
      `--${ours}\r\nContent-Type: application/http\r\n${named}\r\n${written(await answer(inner))}\r\n`,
    )
  }
  return {
    status: 200,
    text: { type: `multipart/mixed; boundary=${ours}`, body: `${answers.join('')}--${ours}--` },
  }
}

/** Headers of the batch count for every call in it, unless the call has its own. */
function innerCall(
  part: string,
  outer: Call,
): { readonly contentId: string | undefined; readonly inner: Call } {
  const [outerHead = '', innerHead = '', ...rest] = part
    .replaceAll('\r\n', '\n')
    .replace(/^\n/, '')
    .split('\n\n')
  const [requestLine = '', ...lines] = innerHead.split('\n')
  const [, method = '', target = ''] = /^([A-Z]+) (\S+)/.exec(requestLine) ?? []
  if (method === '' || !target.startsWith('/'))
    throw googleError(400, 'badRequest', 'Failed to parse batch request.')
  const url = new URL(target, 'http://emulator')
  const contentId = headersFrom(outerHead.split('\n'))['content-id']?.replaceAll(/[<>]/g, '')
  const inner = {
    method,
    path: url.pathname,
    params: {},
    query: url.searchParams,
    headers: {
      ...(outer.headers.authorization && { authorization: outer.headers.authorization }),
      ...headersFrom(lines),
    },
    body: Buffer.from(rest.join('\n\n').trim()),
  }
  return { contentId, inner }
}

function headersFrom(lines: readonly string[]): Record<string, string> {
  const pairs = lines.flatMap((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()] as const]
  })
  return Object.fromEntries(pairs)
}

function written({ status, headers, json }: Reply): string {
  const body = json === undefined ? '' : JSON.stringify(json)
  const fields = {
    'Content-Type': 'application/json; charset=UTF-8',
    ...headers,
    'Content-Length': Buffer.byteLength(body),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Error'}`, ...lines, '', body].join('\r\n')
}

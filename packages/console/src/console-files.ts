import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

export interface ConsoleFile {
  /** Where the browser asks for it. */
  readonly path: string
  readonly contentType: string
  readonly etag: string
  readonly body: Buffer
}

const folder = join(import.meta.dirname, '../page')
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** What a browser needs for the console, byte for byte as it is in this package. */
export function readConsole(): readonly ConsoleFile[] {
  return readdirSync(folder).flatMap((name) => {
    const contentType = contentTypes[extname(name)]
    if (contentType === undefined) return []
    const body = readFileSync(join(folder, name))
    const path = name === 'index.html' ? '/console' : `/console/${name}`
    return { path, contentType, etag: `"${createHash('sha256').update(body).digest('base64url')}"`, body }
  })
}

import { relative } from 'node:path'
import type { Endpoints } from '../data-directory/endpoints.ts'

/** The last thing `npm start` says: what runs where, and the three things to try. No password is part of it. */
export function summary(endpoints: Endpoints, dataDir: string, cwd: string, seconds: number): string {
  const { gateway, google, nats, postgres, services } = endpoints
  const where = (url: string) => {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  }
  const rows = [
    ...services
      .filter(({ name }) => name !== 'google-emulator')
      .map(({ name, replica, url, pid }) => [
        services.filter((other) => other.name === name).length > 1 ? `${name} ${replica}` : name,
        url,
        `pid ${pid}`,
      ]),
    ['google', google.issuer, google.emulated ? 'emulator' : 'as configured'],
    ['nats', where(nats.url), nats.pid === null ? 'yours' : `pid ${nats.pid}`],
    ['postgres', where(postgres.adminUrl), postgres.pid === null ? 'yours' : `pid ${postgres.pid}`],
  ]
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const folder = relative(cwd, dataDir) || '.'
  const shown = folder.startsWith('..') ? dataDir : folder
  const option = shown === '.evergrant' ? '' : ` --data-dir ${shown}`
  return [
    '',
    `Evergrant is up (${seconds.toFixed(1)} s). Logs: ${shown}/logs, addresses: ${shown}/endpoints.json`,
    '',
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('   ')}`.trimEnd()),
    '',
    'Try next:',
    `  1. open ${gateway}/console and sign in with: npm run -s evergrant -- token --sub alice${option}`,
    `  2. curl -H "authorization: Bearer $(npm run -s evergrant -- token --sub alice${option})" ${gateway}/v1/connections`,
    '  3. npm run story    plays connect → sync → refresh and prints every event',
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n')
}

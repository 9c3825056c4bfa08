// @ts-check
import { isTroubled, troubleIn } from './trouble-history.js'

/** @import { Api } from './api.js' */
/** @import { Answer, Calendar, Connection, CopySync, GoogleHealth, Listed, SchemaReport, SystemHealth } from './api-shapes.ts' */
/** @import { Trouble } from './trouble-history.js' */

/**
 * What has been answered so far: each list by itself, so that one service that is away hides nothing of the others.
 * @typedef {object} Seen
 * @property {Listed<Connection>} [connections]
 * @property {Listed<Calendar>} [calendars]
 * @property {Listed<CopySync>} [mail]
 * @property {Listed<CopySync>} [files]
 * @property {Listed<GoogleHealth>} [health]
 * @property {Answer<SystemHealth>} [system]
 * @property {Listed<SchemaReport>} [schema]
 * @property {Map<string, Trouble>} troubles by the id of the connection
 */

/** @typedef {Exclude<keyof Seen, 'troubles'>} Question */

/** Histories are for whoever has trouble; of more connections than this, the worst are enough. */
const mostHistories = 10

/** Asks everything once. `note` hears each answer as it comes, and says whether anybody still listens.
 * @param {Api} api
 * @param {{ isAdmin: boolean, seen: Seen, note: (question: Question, answer: any) => boolean, show: () => void }} parts */
export async function lookAt(api, { isAdmin, seen, note, show }) {
  /** @param {Question} question @param {Promise<Answer<any>>} answer */
  const ask = async (question, answer) => note(question, await answer)
  await Promise.all([
    ask('connections', api.list('/v1/connections')).then(async (listens) => {
      const mine = seen.connections?.ok ? seen.connections.body : []
      if (listens)
        await Promise.all([
          readItems(mine, 'gmail', 'mail'),
          readItems(mine, 'drive', 'files'),
          readHistories(mine),
        ])
    }),
    ask('calendars', api.list('/v1/calendar/calendars')),
    ask('health', items('/v1/google/health')),
    ask('system', api.ask('GET', '/health')),
    ...(isAdmin ? [ask('schema', items('/v1/schema'))] : []),
  ])

  /** Of mail and files, only how far the copy can be trusted. @param {readonly Connection[]} mine @param {'gmail' | 'drive'} service @param {'mail' | 'files'} question */
  async function readItems(mine, service, question) {
    if (!mine.some((connection) => connection.service === service)) return void delete seen[question]
    const path = service === 'gmail' ? '/v1/gmail/messages?limit=1' : '/v1/drive/files?limit=1'
    const answer = await api.ask('GET', path)
    note(question, answer.ok ? { ok: true, body: [], sync: answer.body.sync } : answer)
  }

  /** @param {readonly Connection[]} mine */
  async function readHistories(mine) {
    const troubled = mine.filter(isTroubled).slice(0, mostHistories)
    const known = await Promise.all(
      troubled.map(async (connection) => {
        const path = `/v1/connections/${encodeURIComponent(connection.id)}/history?show=facts&limit=100`
        const answer = await api.ask('GET', path)
        return answer.ok ? { id: connection.id, trouble: troubleIn(connection, answer.body.items) } : null
      }),
    )
    // What could not be read now is not what was read before.
    seen.troubles.clear()
    for (const each of known) if (each !== null) seen.troubles.set(each.id, each.trouble)
    show()
  }

  /** @param {string} path @returns {Promise<Listed<any>>} */
  async function items(path) {
    const answer = await api.ask('GET', path)
    return answer.ok ? { ok: true, body: answer.body.items } : answer
  }
}

/** @type {readonly (readonly [Question, string])[]} */
const names = [
  ['connections', 'how your connections are'],
  ['calendars', 'how fresh your calendars are'],
  ['mail', 'how fresh your mail is'],
  ['files', 'how fresh your files are'],
  ['health', 'whether Google is well'],
  ['system', 'which parts of Evergrant are well'],
]

/** What this page asked for and could not find out, in words. @param {Seen} seen @returns {readonly string[]} */
export const notFoundOut = (seen) =>
  names.flatMap(([question, words]) => (seen[question]?.ok === false ? [words] : []))

// @ts-check

/** @import { Api } from './api.js' */
/** @import { Answer, Connection } from './api-shapes.ts' */
/** @import { Disconnecting } from './disconnect.js' */

/** Keeps which connections are being disconnected, so that looking again neither closes a question nor asks twice.
 * @param {Api} api
 * @param {{ show: () => void, focus: (key: string) => void, tell: (connection: Connection, words: HTMLElement) => void, lookAgain: () => Promise<void>, said: (answer: Answer<unknown>) => HTMLElement }} parts */
export function createDisconnecting(api, { show, focus, tell, lookAgain, said }) {
  /** @type {Map<string, Disconnecting>} */
  const states = new Map()

  return {
    /** @param {Connection} connection */
    stateOf: ({ id }) => states.get(id) ?? null,

    /** @param {Connection} connection */
    ask({ id }) {
      if (states.get(id) !== 'running') states.set(id, 'asked')
      show()
      focus(`keep-${id}`)
    },

    /** @param {Connection} connection */
    keep({ id }) {
      if (states.get(id) !== 'asked') return
      states.delete(id)
      show()
      focus(`disconnect-${id}`)
    },

    /** @param {Connection} connection */
    async confirm(connection) {
      const { id } = connection
      // Two clicks may come before the page is drawn again: only the first one finds the question open.
      if (states.get(id) !== 'asked') return
      states.set(id, 'running')
      show()
      const answer = await api.ask('DELETE', `/v1/connections/${encodeURIComponent(id)}`)
      states.delete(id)
      tell(connection, said(answer))
      await lookAgain()
      focus(answer.ok ? `fix-${id}` : `disconnect-${id}`)
    },
  }
}

/** @typedef {ReturnType<typeof createDisconnecting>} Disconnections */

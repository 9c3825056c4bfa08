// @ts-check
import { element } from './elements.js'
import { problemBox } from './problem-box.js'
import { serviceNames } from './words.js'

/** @import { Answer, Connection } from './api-shapes.ts' */

/**
 * Where the disconnecting of a connection stands: asked about, or under way.
 * @typedef {'asked' | 'running'} Disconnecting
 */

/** What will happen, before anybody agrees to it. Google withdraws the access of an account only as a whole, so whether
 * it is withdrawn depends on what else uses it.
 * @param {Connection} connection @param {readonly Connection[]} all @returns {readonly string[]} */
export function disconnectWords({ id, grantId, service }, all) {
  const name = serviceNames[service]
  const others = all.filter(
    (other) => other.grantId === grantId && other.id !== id && other.status !== 'disconnected',
  )
  const names = others.map((other) => serviceNames[other.service]).join(' and ')
  return [
    `Evergrant stops syncing ${name} at once, and no application gets access to it any more.`,
    others.length === 0
      ? 'The access is withdrawn at Google, and the tokens kept here are destroyed.'
      : `The tokens are kept, because ${names} still ${others.length === 1 ? 'uses' : 'use'} them; they are destroyed when that is disconnected too.`,
    'What was synced until now stays here as a copy, and is no longer brought up to date.',
    'You can connect again later, with a new consent at Google.',
  ]
}

/** The question, and its two answers; the harmless one comes first.
 * @param {Connection} connection
 * @param {{ all: readonly Connection[], state: Disconnecting, onConfirm: () => void, onKeep: () => void }} parts */
export function disconnectQuestion(connection, { all, state, onConfirm, onKeep }) {
  const { id, service, account } = connection
  const title = `disconnect-title-${id}`
  const busy = state === 'running'
  return element(
    'div',
    {
      class: 'question',
      role: 'group',
      'aria-labelledby': title,
      'aria-describedby': `disconnect-words-${id}`,
      keydown: (event) => {
        if (event instanceof KeyboardEvent && event.key === 'Escape' && !busy) onKeep()
      },
    },
    element(
      'p',
      { id: title, class: 'question-title' },
      `Disconnect ${serviceNames[service]} of ${account.email}?`,
    ),
    element(
      'ul',
      { id: `disconnect-words-${id}` },
      ...disconnectWords(connection, all).map((words) => element('li', {}, words)),
    ),
    element(
      'div',
      { class: 'buttons' },
      button('Keep it', 'quiet', `keep-${id}`, onKeep),
      button(busy ? 'Disconnecting …' : 'Yes, disconnect', 'danger', `confirm-${id}`, onConfirm),
    ),
  )

  /** @param {string} words @param {string} kind @param {string} key @param {() => void} act */
  function button(words, kind, key, act) {
    // Not `disabled`: that would drop the keyboard's place. A second click meets no state that allows it.
    return element(
      'button',
      {
        type: 'button',
        class: kind,
        'data-key': key,
        'aria-disabled': busy ? 'true' : null,
        click: () => busy || act(),
      },
      words,
    )
  }
}

/** What came of it. @param {Answer<unknown>} answer */
export const disconnectSaid = (answer) =>
  answer.ok
    ? element('p', { class: 'said' }, 'It is disconnected.')
    : problemBox(answer.problem, 'It was not disconnected')

// @ts-check
/** Makes what is shown like what was made anew, and touches nothing that is alike: the keyboard, the reading place of a screen
 * reader, marked text and what somebody unfolded stay where they are.
 * @param {Element} shown @param {Element} made */
export function patch(shown, made) {
  for (const { name, value } of made.attributes)
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value)
  for (const { name } of [...shown.attributes])
    if (!made.hasAttribute(name) && name !== 'open') shown.removeAttribute(name)
  const left = [...shown.childNodes]
  const wanted = [...made.childNodes].map((next) => {
    const at = left.findIndex((each) => isCounterpart(each, next))
    if (at === -1) return next
    const [old = next] = left.splice(at, 1)
    if (old.isEqualNode(next) || isSlot(old)) return old
    if (!(old instanceof Element && next instanceof Element) || isActedOn(old)) return next
    patch(old, next)
    return old
  })
  for (const node of [...shown.childNodes]) if (!wanted.includes(node)) node.remove()
  for (const [index, node] of wanted.entries())
    if (shown.childNodes[index] !== node) shown.insertBefore(node, shown.childNodes[index] ?? null)
}

/** @param {Node} old @param {Node} next */
const isCounterpart = (old, next) => old.nodeName === next.nodeName && nameOf(old) === nameOf(next)

/** @param {Node} node */
const nameOf = (node) =>
  node instanceof Element ? (node.getAttribute('data-slot') ?? node.getAttribute('data-key') ?? '') : ''

/** Filled from elsewhere, and left alone. @param {Node} node */
const isSlot = (node) => node instanceof Element && node.hasAttribute('data-slot')

/** Replaced whole: what a click does may have changed with what is written on it. @param {Element} element */
const isActedOn = (element) => ['A', 'BUTTON', 'INPUT'].includes(element.nodeName)

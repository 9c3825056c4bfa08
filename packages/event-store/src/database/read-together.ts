/** Reads of one row each that are asked for in the same turn of the event loop, as one. Nobody is given what was read
 * before they asked. */
export function readTogether<Row>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Row>>,
): (key: string) => Promise<Row | undefined> {
  let asked: Set<string> | undefined
  let answer: Promise<ReadonlyMap<string, Row>> | undefined
  return async (key) => {
    if (asked === undefined || answer === undefined) {
      const keys = new Set<string>()
      asked = keys
      answer = new Promise((resolve) => {
        // After everything that this turn has woken.
        setImmediate(() => {
          asked = undefined
          resolve(load([...keys]))
        })
      })
    }
    asked.add(key)
    return (await answer).get(key)
  }
}

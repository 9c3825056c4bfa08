// npm run story: plays the main job against the running stack, or starts its own, and prints each step with the events it caused.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchBus } from './bus-watch.ts'
import { findStack, isHealthy, type RunningStack, startStack } from './running-stack.ts'
import { playStory } from './story.ts'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const dataDir = process.env.EVERGRANT_DATA_DIR ?? '.evergrant'

async function runningOrOwn(): Promise<RunningStack> {
  if (existsSync(join(dataDir, 'endpoints.json'))) {
    const stack = findStack(dataDir)
    if (await isHealthy(stack.endpoints().gateway)) {
      say(`Playing on the stack that runs at ${stack.endpoints().gateway}`)
      return stack
    }
  }
  say('No stack is running here; starting one for the story …')
  const own = mkdtempSync(join(tmpdir(), 'evergrant-story-'))
  const stack = await startStack(own, {
    onOutput: (text) => process.stdout.write(text.replace(/^/gm, '  | ')),
  })
  return {
    ...stack,
    stop: async () => {
      await stack.stop()
      rmSync(own, { recursive: true, force: true })
    },
  }
}

const stack = await runningOrOwn()
const watch = await watchBus(stack.endpoints().nats.url, ({ subject, id }) => say(`     · ${subject}  ${id}`))
try {
  await playStory(stack, watch.events, {
    onStep: (number, { title }) => say(`\n${number}. ${title}`),
    onHeld: (_number, said) => say(`   ✓ ${said}`),
  })
  say(`\nThe story holds: ${watch.events.length} events.`)
} catch (error) {
  say(`   ✗ ${error instanceof Error ? error.message : String(error)}`)
  if (error instanceof Error && error.cause) say(`     because ${String(error.cause)}`)
  process.exitCode = 1
} finally {
  await watch.close()
  await stack.stop()
}

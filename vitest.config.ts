import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

const notOurs = ['**/node_modules/**', '**/.evergrant*/**', '**/.cache/**']
const globalSetup = ['test/support/global-setup.ts']

export default defineConfig({
  root: import.meta.dirname,
  test: {
    reporters: ['default'],
    // A test that prints a secret by accident should be seen, not swallowed.
    silent: false,
    // Files of one worker share its modules: loading them anew for each takes as long as the tests do.
    isolate: false,
    // One more than two cores: what a test waits for is time in which another can run.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // A busy machine is no failure: what polls a real server waits longer than a second.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/**/*.spec.ts',
            'services/**/*.spec.ts',
            'test/{support,kubernetes,observability}/**/*.spec.ts',
          ],
          exclude: [...notOurs, '**/*.int.spec.ts'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: [
            'packages/**/*.int.spec.ts',
            'services/**/*.int.spec.ts',
            'test/{support,kubernetes,observability}/**/*.int.spec.ts',
          ],
          exclude: notOurs,
          globalSetup,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{journeys,failures,drift}/**/*.spec.ts'],
          exclude: notOurs,
          globalSetup,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})

import { join } from 'node:path'

const here = import.meta.dirname

/** Mutates what tells one drift from another; `npm run mutation` starts it in packages/schema-verification. */
export default {
  mutate: [
    'src/diff/*.ts',
    'src/catalog/column-definition.ts',
    'src/migrations/migration-phase.ts',
    '!src/**/*.spec.ts',
  ],
  testRunner: 'in-process',
  plugins: [join(here, 'in-process-runner.mjs')],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A shared machine may be slow; no mutant of these files runs for ever.
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, allowEmojis: false },
  allowConsoleColors: false,
  tempDirName: join('.cache', 'stryker'),
  disableTypeChecks: false,
  thresholds: { high: 99, low: 97, break: 97 },
}

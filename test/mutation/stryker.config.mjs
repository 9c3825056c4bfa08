import { join } from 'node:path'

const here = import.meta.dirname

/** Mutates what tells one drift from another; `npm run mutation` starts it in packages/schema-verification. */
export default {
  mutate: [
    'src/diff-*.ts',
    'src/{difference,finding,capability-impact,compare-types,accepted-values,column-definition,migration-phase}.ts',
    '!src/**/*.spec.ts',
  ],
  testRunner: 'vitest',
  plugins: [join(here, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
  vitest: { configFile: join(here, 'vitest.config.ts'), related: false },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: join(here, '../../.cache/mutation.json') },
  // What did not change since the last run on this machine is not tested again; `-- --force` does.
  incremental: true,
  incrementalFile: join(here, '../../.cache/mutation-incremental.json'),
  tempDirName: join('.cache', 'stryker'),
  allowEmpty: false,
  disableTypeChecks: false,
  thresholds: { high: 95, low: 90, break: 90 },
}

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** One planted violation a rule: the file that breaks it, and what it imports. */
const planted: Record<string, { readonly file: string; readonly imports: string }> = {
  'domain-only-uses': { file: 'services/a/src/domain/reads-files.ts', imports: 'node:fs' },
  'application-only-uses': {
    file: 'services/a/src/application/reaches-out.ts',
    imports: '../adapters/x/x.ts',
  },
  'projections-only-uses': { file: 'services/a/src/projections/acts.ts', imports: '../application/ports.ts' },
  'entry-points-never-reach-adapters': {
    file: 'services/a/src/entry-points/http/shortcut.ts',
    imports: '../../adapters/x/x.ts',
  },
  'adapters-only-implement-ports': {
    file: 'services/a/src/adapters/x/knows-a-use-case.ts',
    imports: '../../application/use-case.ts',
  },
  'adapters-do-not-meet': { file: 'services/a/src/adapters/x/meets-y.ts', imports: '../y/y.ts' },
  'services-meet-only-on-the-bus': { file: 'services/a/src/service.ts', imports: '../../b/src/domain/b.ts' },
  'packages-never-import-services': {
    file: 'packages/p/src/knows-a-service.ts',
    imports: '../../../services/b/src/domain/b.ts',
  },
  'packages-have-one-door': { file: 'packages/p/src/back-door.ts', imports: '../../q/src/inner.ts' },
  'store-does-not-meet-bus': {
    file: 'packages/event-store/src/publishes.ts',
    imports: '../../event-bus/src/index.ts',
  },
  'bus-does-not-meet-store': {
    file: 'packages/event-bus/src/reads-the-store.ts',
    imports: '../../event-store/src/index.ts',
  },
  'vocabulary-stands-alone': { file: 'packages/decider/src/knows-q.ts', imports: '../../q/src/index.ts' },
  'test-kits-stay-in-tests': {
    file: 'services/a/src/main.ts',
    imports: '../../../packages/q/src/testing.ts',
  },
  'no-one-imports-a-spec': { file: 'packages/p/src/reads-a-spec.ts', imports: './p.spec.ts' },
  'everything-resolves': { file: 'packages/p/src/undeclared.ts', imports: '@evergrant/not-declared' },
  'no-cycles': { file: 'packages/p/src/one.ts', imports: './two.ts' },
}

const clean: Record<string, string> = {
  'services/a/src/application/ports.ts': 'export type Port = string\n',
  'services/a/src/application/use-case.ts': "export const useCase = 'u'\n",
  'services/a/src/adapters/x/x.ts':
    "import type { Port } from '../../application/ports.ts'\nexport const x: Port = 'x'\n",
  'services/a/src/adapters/y/y.ts': "export const y = 'y'\n",
  'services/b/src/domain/b.ts': "export const b = 'b'\n",
  'packages/event-bus/src/index.ts': "export const bus = 'bus'\n",
  'packages/event-store/src/index.ts': "export const store = 'store'\n",
  'packages/p/src/p.spec.ts': "export const spec = 'spec'\n",
  'packages/q/src/index.ts': "export const q = 'q'\n",
  'packages/q/src/inner.ts': "export const inner = 'inner'\n",
  'packages/q/src/testing.ts': "export const kit = 'kit'\n",
  'packages/p/src/two.ts': "export const two = 'two'\n",
}

function cruise(folder: string): { readonly rules: string[]; readonly fired: string[] } {
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/depcruise'),
    [
      '--config',
      join(root, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      '--no-cache',
      'services',
      'packages',
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  const { violations, ruleSetUsed } = JSON.parse(stdout).summary
  return {
    rules: ruleSetUsed.forbidden.map((rule: { name: string }) => rule.name),
    fired: violations.map((violation: { rule: { name: string } }) => violation.rule.name),
  }
}

function plant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-import-rules-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

describe('import rules', () => {
  const folders: string[] = []
  let found: ReturnType<typeof cruise>

  beforeAll(() => {
    const violations = Object.fromEntries(
      Object.values(planted).map(({ file, imports }) => [file, `import '${imports}'\n`]),
    )
    const folder = plant({ ...clean, ...violations, 'packages/p/src/two.ts': "import './one.ts'\n" })
    folders.push(folder)
    found = cruise(folder)
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  it('has a planted violation for every rule', () => {
    expect(Object.keys(planted).sort()).toEqual(found.rules.sort())
  })

  it.each(Object.keys(planted))('fires %s on its planted violation', (rule) => {
    expect(found.fired).toContain(rule)
  })

  it('reads TypeScript files and finds nothing in a clean tree', () => {
    const folder = plant(clean)
    folders.push(folder)
    expect(cruise(folder).fired).toEqual([])
  })
})

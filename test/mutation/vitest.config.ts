import { defineConfig } from 'vitest/config'

// Stryker runs in a copy of packages/schema-verification; only what needs no server can judge thousands of mutants.
export default defineConfig({
  test: { include: ['src/**/*.spec.ts'], exclude: ['**/*.int.spec.ts', '**/node_modules/**'] },
})

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SharedServers } from '@evergrant/stack/testing'
import { startVitest } from 'vitest/node'
import { unpackRelease } from './unpack-release.ts'

export interface OldSpecs {
  readonly root: string
  readonly service: string
  readonly commit: string
  readonly servers: SharedServers
}

export interface OldSpecsRun {
  readonly files: number
  readonly failed: readonly string[]
}

/**
 * Runs a release's own integration specs, as they are, on the template database that is already there: what a spec asks for by
 * name (`useDatabase`) it builds only where nobody has built it. They run with the packages that are installed today.
 */
export async function runOldSpecs({ root, service, commit, servers }: OldSpecs): Promise<OldSpecsRun> {
  const folder = join(root, '.cache', `n-minus-1-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    unpackRelease(root, commit, folder)
    const { postgresAdminUrl, natsUrl, testRunId } = servers
    const vitest = await startVitest([], {
      root: folder,
      // Ours, not that of the release: its own would build its own schema.
      config: false,
      watch: false,
      include: [`services/${service}/src/**/*.int.spec.ts`],
      exclude: ['**/node_modules/**'],
      provide: { postgresAdminUrl, natsUrl, testRunId },
      testTimeout: 30_000,
      hookTimeout: 60_000,
      reporters: ['default'],
    })
    const modules = vitest.state.getTestModules()
    const unhandled = vitest.state.getUnhandledErrors().map(String)
    return {
      files: modules.length,
      failed: [
        ...modules.filter((module) => !module.ok()).map((module) => module.relativeModuleId),
        ...unhandled,
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    // vitest sets it for what failed; the verdict is ours.
    process.exitCode = 0
  }
}

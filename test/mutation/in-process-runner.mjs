import { globSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import { readSnapshots, runTest, tests, writeSnapshots } from './collected-tests.mjs'

const specs = 'src/diff/*.spec.ts'
const standIn = new URL('./collected-tests.mjs', import.meta.url).href

/** Runs specs of pure functions in Stryker's own process: a mutant costs milliseconds, not a vitest of its own. */
class InProcessRunner {
  // Where the instrumented code looks for the mutant in force, and writes down what each test covers.
  #stryker = shared()

  // A mutant that is in force while a module loads needs a new process.
  capabilities() {
    return { reloadEnvironment: false }
  }

  async init() {
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'vitest' ? { url: standIn, shortCircuit: true } : next(specifier, context),
    })
  }

  async #load() {
    if (tests.length > 0) return
    for (const file of globSync(specs).sort()) await import(pathToFileURL(join(process.cwd(), file)).href)
  }

  async dryRun() {
    await this.#load()
    const results = []
    for (const test of tests) {
      this.#stryker.currentTestId = test.name
      const started = performance.now()
      const failureMessage = await failureOf(test, true)
      results.push({
        id: test.name,
        name: test.name,
        timeSpentMs: performance.now() - started,
        ...(failureMessage === undefined ? { status: 0 } : { status: 1, failureMessage }),
      })
    }
    this.#stryker.currentTestId = undefined
    writeSnapshots()
    return { status: 'complete', tests: results, mutantCoverage: this.#stryker.mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    if (mutantActivation === 'runtime') await this.#load()
    this.#stryker.activeMutant = activeMutant.id
    this.#stryker.hitLimit = hitLimit
    this.#stryker.hitCount = hitLimit === undefined ? undefined : 0
    try {
      await this.#load()
    } catch (error) {
      return { status: 'killed', killedBy: ['loading'], failureMessage: String(error), nrOfTests: 0 }
    }
    readSnapshots()
    return this.#judge(
      testFilter === undefined ? tests : tests.filter(({ name }) => testFilter.includes(name)),
    )
  }

  async #judge(covering) {
    for (const [n, test] of covering.entries()) {
      const failureMessage = await failureOf(test, false)
      if (failureMessage !== undefined)
        return { status: 'killed', killedBy: [test.name], failureMessage, nrOfTests: n + 1 }
    }
    return { status: 'survived', nrOfTests: covering.length }
  }
}

function shared() {
  globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {}
  return globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE]
}

async function failureOf(test, record) {
  try {
    await runTest(test, { record })
    return undefined
  } catch (error) {
    return String(error)
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)]

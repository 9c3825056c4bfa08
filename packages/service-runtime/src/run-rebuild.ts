import {
  createPostgresEventStore,
  type DatabaseOptions,
  type FactCatalogue,
  openDatabase,
  type Rebuildable,
  type RebuildProgress,
  rebuildProjection,
} from '@evergrant/event-store'
import { systemClock } from './clock-and-ids.ts'
import { createLogger } from './log/logger.ts'
import { rebuildArguments } from './rebuild-arguments.ts'

export interface RebuildProgram {
  /** The service's. */
  readonly name: string
  readonly facts: FactCatalogue
  readonly projections: readonly Rebuildable[]
  /** Those the projections write through. */
  readonly entities?: DatabaseOptions['entities']
  readonly readConfig: () => { readonly DATABASE_URL: string; readonly LOG_LEVEL: string }
  readonly args: readonly string[]
}

const progressEveryMs = 1_000
// The copy of a large calendar is compared in one statement.
const statementTimeoutMs = 600_000

/** A service's rebuild program: read models from the log, as the service's own role and while the service runs. Prints
 * only log lines: `rebuilding` now and then, `rebuilt` with what became of each, or `could not rebuild` with the error.
 * Exit code 1 when it did not come to its end. */
export async function runRebuild(program: RebuildProgram): Promise<void> {
  const name = `${program.name}-rebuild`
  let logger = createLogger({ name })
  try {
    const { projections, notDerived, after, dryRun } = rebuildArguments(program.args, program.projections)
    const { DATABASE_URL: url, LOG_LEVEL: level } = program.readConfig()
    logger = createLogger({ name, level })
    const entities = program.entities === undefined ? {} : { entities: program.entities }
    const database = await openDatabase({ url, ...entities, applicationName: name, statementTimeoutMs })
    try {
      const { facts } = program
      const store = createPostgresEventStore({
        ...{ database, source: program.name, facts },
        projections: [],
        clock: systemClock,
      })
      const rebuilt: (RebuildProgress & { readonly projection: string })[] = []
      for (const projection of program.projections) {
        if (!projections.includes(projection.name)) continue
        const onProgress = nowAndThen((progress) =>
          logger.info({ projection: projection.name, ...progress }, 'rebuilding'),
        )
        const from = after === undefined ? {} : { after }
        const result = await rebuildProjection({ store, database, projection, dryRun, onProgress, ...from })
        rebuilt.push({ projection: projection.name, ...result })
      }
      logger.info({ rebuilt, notDerived }, 'rebuilt')
    } finally {
      await database.close()
    }
  } catch (error) {
    // Through the logger, which redacts: a driver's error may quote the URL with its password.
    logger.fatal({ err: error }, 'could not rebuild')
    process.exitCode = 1
  }
}

function nowAndThen(tell: (progress: RebuildProgress) => void): (progress: RebuildProgress) => void {
  let toldAt = systemClock.now().getTime()
  return (progress) => {
    const now = systemClock.now().getTime()
    if (now - toldAt < progressEveryMs) return
    toldAt = now
    tell(progress)
  }
}

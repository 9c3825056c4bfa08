import type { Command } from 'commander'
import type { ExitCode, Surroundings } from './outcome.ts'

/** Commands about the services' databases: what they should be, what they are, and the way from one to the other. */
export function addSchemaCommands(
  program: Command,
  surroundings: Surroundings,
  end: (code: ExitCode) => void,
): void {
  const shared = (command: Command) =>
    command
      .option('--service <service>', 'only this one, such as token-service')
      .option('--against <url>', "another database than the running stack's; needs --service")
      .option('--data-dir <folder>', 'data directory of the stack')
      .option('--json', 'answer in JSON')

  const schema = program.command('schema').description('whether the databases are what the code needs')
  for (const show of ['verify', 'diff'] as const)
    shared(schema.command(show))
      .description(
        show === 'verify'
          ? 'look for drift and say what it takes away'
          : 'every difference, with SQL that ends it',
      )
      .option('--role <role>', 'judge the rights of this role instead of those of the login')
      .option('--manifest <file>', 'another manifest than the one that belongs to this code')
      .action(async (_options, self: Command) => {
        const { schemaCommand } = await import('./commands/schema.ts')
        end(await schemaCommand(show, self.optsWithGlobals(), surroundings))
      })

  shared(schema.command('heal'))
    .description('bring back what is only missing; a dry run without --apply')
    .option('--apply', 'do it, as the migrator and under its lock')
    .option('--fill-defaults', 'also columns that must not be null; every row then says their default')
    .option('--role <role>', "judge the rights of this role instead of the service's")
    .option('--manifest <file>', 'another manifest than the one that belongs to this code')
    .action(async (_options, self: Command) => {
      const { heal } = await import('./commands/heal.ts')
      end(await heal(self.optsWithGlobals(), surroundings))
    })

  const migrate = program.command('migrate').description('the migrations of the databases')
  shared(migrate.command('status'))
    .description('which migrations are applied, pending, edited or unknown')
    .action(async (_options, self: Command) => {
      const { migrateStatus } = await import('./commands/migrate.ts')
      end(await migrateStatus(self.optsWithGlobals(), surroundings))
    })
  const run = (direction: 'up' | 'down') => async (_options: unknown, self: Command) => {
    const { migrateDatabases } = await import('./commands/migrate.ts')
    end(await migrateDatabases(direction, self.optsWithGlobals(), surroundings))
  }
  shared(migrate.command('up')).description('apply what is pending').action(run('up'))
  shared(migrate.command('down'))
    .description('take back the last one, or all after --to; needs --service')
    .option('--to <migration>', 'the one to stay at, by name or number; 0 for none')
    .option('--accept-data-loss', 'also what destroys data that migrate up cannot restore')
    .action(run('down'))
}

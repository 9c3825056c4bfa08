import type { Command } from 'commander'
import type { ExitCode, Surroundings } from './outcome.ts'

/** Commands about grants, their tokens and the keys that protect them. */
export function addTokenCommands(
  program: Command,
  surroundings: Surroundings,
  end: (code: ExitCode) => void,
): void {
  const shared = (command: Command) =>
    command.option('--data-dir <folder>', 'data directory of the stack').option('--json', 'answer in JSON')

  shared(program.command('why <connection>'))
    .description('why a connection is as it is, and what helps')
    .option('--sub <user>', 'look as this user instead of as an operator')
    .action(async (connection: string, _options, self: Command) => {
      const { why } = await import('./commands/why.ts')
      end(await why(connection, self.optsWithGlobals(), surroundings))
    })
  shared(program.command('history <connection>'))
    .description('what happened to a connection, newest first')
    .option('--sub <user>', 'look as this user instead of as an operator')
    .option('--limit <count>', 'how many entries', '50')
    .option('--show <what>', 'all, facts or vends', 'all')
    .option('--verify', 'check that no vend is missing from the record or changed in it')
    .action(async (connection: string, _options, self: Command) => {
      const { history } = await import('./commands/history.ts')
      end(await history(connection, self.optsWithGlobals(), surroundings))
    })
  const keys = program.command('keys').description("the vault's outer keys")
  shared(keys.command('status'))
    .description('which keys there are, what they wrap, and how far a rotation has come')
    .action(async (_options, self: Command) => {
      const { keysStatus } = await import('./commands/keys.ts')
      end(await keysStatus(self.optsWithGlobals(), surroundings))
    })
  shared(keys.command('rotate'))
    .description('wrap every data key with a new outer key, while everything goes on')
    .option('--no-new-key', 'use the current key: one was added by hand, or a KMS made a new version')
    .option('--no-wait', 'only ask for it')
    .option('--retire', 'afterwards take keys out of use that wrap nothing any more')
    .action(async (_options, self: Command) => {
      const { keysRotate } = await import('./commands/keys.ts')
      end(await keysRotate(self.optsWithGlobals(), surroundings))
    })
  shared(program.command('import-legacy'))
    .description('adopt a table of plain tokens that another application kept')
    .requiredOption('--from <postgres url>', 'the database it is in; it is only read')
    .option('--table <name>', 'the table', 'user_oauth_tokens')
    .option('--dry-run', 'only tell what would happen')
    .option('--report <file>', 'write who must reconnect to a file, one JSON document a line')
    .action(async (_options, self: Command) => {
      const { importLegacy } = await import('./commands/import-legacy.ts')
      end(await importLegacy(self.optsWithGlobals(), surroundings))
    })
}

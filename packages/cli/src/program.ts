import { Command, CommanderError } from 'commander'
import { addDeadLetterCommands } from './dead-letter-commands.ts'
import { CommandEnd, type ExitCode, exitCodes, type Surroundings } from './outcome.ts'
import { addSchemaCommands } from './schema-commands.ts'
import { addTokenCommands } from './token-commands.ts'

/** Runs one command line. Commands load what they need when they run: `token` must stay quick.
 * @returns the exit code of CONTRACT 5. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.held
  const program = commands(surroundings, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommandEnd) {
      surroundings.warn(`evergrant: ${error.message}`)
      return error.exitCode
    }
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.held : exitCodes.couldNotCheck
  }
}

function commands(surroundings: Surroundings, end: (code: ExitCode) => void): Command {
  const { write, warn } = surroundings
  const program = new Command('evergrant')
    .description('Looks after a running Evergrant stack.')
    .option('--data-dir <folder>', 'data directory of the stack (EVERGRANT_DATA_DIR, .evergrant)')
    .option('--json', 'answer in JSON')
    .configureOutput({
      writeOut: (text) => write(text.trimEnd()),
      writeErr: (text) => warn(text.trimEnd()),
    })
    .exitOverride()
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--data-dir <folder>', 'data directory of the stack')
      .option('--json', 'answer in JSON')

  command('token', 'print a JWT of the running stack')
    .requiredOption('--sub <user>', 'the user')
    .option('--scope <scopes>', 'such as "tokens:read" or "admin"')
    .option('--expires <duration>', 'such as 15m, 1h or 7d', '1h')
    .action(async (_options, self: Command) => {
      const { token } = await import('./commands/token.ts')
      write(await token(self.optsWithGlobals(), surroundings))
    })
  command('connections', "list a user's connections")
    .option('--sub <user>', 'the user')
    .action(async (_options, self: Command) => {
      const { connections } = await import('./commands/connections.ts')
      end(await connections(self.optsWithGlobals(), surroundings))
    })
  command('sync', 'sync calendars now, and wait for the end')
    .option('--sub <user>', 'the user')
    .option('--connection <id>', 'only this connection')
    .option('--calendar <id>', 'only this calendar')
    .option('--mode <mode>', 'incremental or full')
    .option('--no-wait', 'only ask for it')
    .action(async (_options, self: Command) => {
      const { sync } = await import('./commands/sync.ts')
      end(await sync(self.optsWithGlobals(), surroundings))
    })
  command('doctor', 'look at every part of the running stack').action(async (_options, self: Command) => {
    const { doctor } = await import('./commands/doctor.ts')
    end(await doctor(self.optsWithGlobals(), surroundings))
  })
  command('events', 'events as they pass')
    .command('tail')
    .description('print public events until Ctrl-C')
    .option('--subject <subject>', 'which ones', 'evergrant.*.*.v1')
    .option('--data-dir <folder>', 'data directory of the stack')
    .option('--json', 'one JSON document a line')
    .action(async (_options, self: Command) => {
      const { eventsTail } = await import('./commands/events-tail.ts')
      end(await eventsTail(self.optsWithGlobals(), surroundings))
    })
  command('replay', "make read models again from the log, or apply today's rules to it")
    .requiredOption('--service <service>', 'whose record')
    .option('--projection <name>', 'only this read model; all for each of them')
    .option('--after <stream>', 'where an earlier run was stopped; needs --projection')
    .option('--against <url>', "another database than the running stack's")
    .option('--dry-run', 'only say what would change')
    .action(async (_options, self: Command) => {
      const { replay } = await import('./commands/replay.ts')
      end(await replay(self.optsWithGlobals(), surroundings))
    })
  addTokenCommands(program, surroundings, end)
  addSchemaCommands(program, surroundings, end)
  addDeadLetterCommands(program, surroundings, end)
  return program
}

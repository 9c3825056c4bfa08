import type { Command } from 'commander'
import type { ExitCode, Surroundings } from './outcome.ts'

/** Commands about what a service has given up on: events it could not apply or could not publish. */
export function addDeadLetterCommands(
  program: Command,
  surroundings: Surroundings,
  end: (code: ExitCode) => void,
): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: events that could not be applied or published')
  const command = (name: string, description: string) =>
    dlq
      .command(name)
      .description(description)
      .option('--data-dir <folder>', 'data directory of the stack')
      .option('--json', 'answer in JSON')

  command('list', 'what waits for a decision')
    .option('--service <service>', 'only this one, such as token-service')
    .action(async (_options, self: Command) => {
      const { dlqList } = await import('./commands/dlq-list.ts')
      end(await dlqList(self.optsWithGlobals(), surroundings))
    })
  command('show <id>', 'one of them: which event, why, and its envelope').action(
    async (id: string, _options, self: Command) => {
      const { dlqShow } = await import('./commands/dlq-show.ts')
      end(await dlqShow(id, self.optsWithGlobals(), surroundings))
    },
  )
  command('retry [id]', 'try one again, or --all of them; what waits behind it follows')
    .option('--all', 'every one')
    .option('--service <service>', 'with --all: only those of this service')
    .action(async (id: string | undefined, _options, self: Command) => {
      const { dlqRetry } = await import('./commands/dlq-retry.ts')
      end(await dlqRetry(id, self.optsWithGlobals(), surroundings))
    })
  command('drop <id>', 'give one up for good; its stream goes on without it')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (id: string, _options, self: Command) => {
      const { dlqDrop } = await import('./commands/dlq-drop.ts')
      end(await dlqDrop(id, self.optsWithGlobals(), surroundings))
    })
}

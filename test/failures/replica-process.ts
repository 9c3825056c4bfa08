import { z } from 'zod'
import { openReplica } from './replica.ts'

const argumentSchema = z.object({
  role: z.enum(['publisher', 'consumer']),
  databaseUrl: z.string(),
  natsUrl: z.string(),
  dieAt: z.string(),
})

const { dieAt, ...options } = argumentSchema.parse(JSON.parse(process.argv[2] ?? ''))
const replica = await openReplica({
  ...options,
  crashPoint: (name) => {
    // As abruptly as a machine: no handler runs, no transaction is ended, nothing is flushed.
    if (name === dieAt) process.kill(process.pid, 'SIGKILL')
  },
})
await replica.start()
process.once('disconnect', () => process.exit(1))

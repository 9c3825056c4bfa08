// One replica as a process of its own that dies, as by SIGKILL, at the point it is told.
import { readTokenConfig } from '../config.ts'
import { startTokenService } from '../service.ts'

const [, , fatal] = process.argv
const service = await startTokenService(readTokenConfig(), {
  crashPoint: (point) => {
    if (point === fatal) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(`${JSON.stringify({ replica: service.url })}\n`)

import { config } from './config.ts'
import { startGoogleEmulator } from './emulator.ts'

function line(level: 'info' | 'error', msg: string, more: object = {}): void {
  process.stdout.write(
    `${JSON.stringify({ level, time: Date.now(), name: 'google-emulator', msg, ...more })}\n`,
  )
}

const { stateFile, publicUrl, ...options } = config()
const emulator = await startGoogleEmulator({
  ...options,
  ...(stateFile !== undefined && { stateFile }),
  ...(publicUrl !== undefined && { publicUrl }),
  onError: (error) =>
    line('error', 'request failed', { err: error instanceof Error ? error.stack : String(error) }),
})

let stopping = false
async function stop(signal: string): Promise<void> {
  if (stopping) return
  stopping = true
  line('info', 'stopping', { signal })
  await emulator.close()
  process.exit(0)
}
process.on('SIGTERM', () => void stop('SIGTERM'))
process.on('SIGINT', () => void stop('SIGINT'))
line('info', 'ready', { url: emulator.url })

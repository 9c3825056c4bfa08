import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, isListening } from '../processes/free-port.ts'
import { writePrivateFile } from './private-file.ts'

/** Hands out ports, the same ones on every start where they are still free: the emulator's address is its issuer,
 * and grants that were made with it must keep meaning the same. */
export function keptPorts(dataDir: string): { portFor(name: string): Promise<number>; save(): void } {
  const file = join(dataDir, 'ports.json')
  const before: Record<string, number> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const now: Record<string, number> = {}
  return {
    portFor: async (name) => {
      const wanted = before[name]
      let port = wanted !== undefined && !(await isListening(wanted)) ? wanted : await freePort()
      const taken = new Set([...Object.values(now), ...Object.values(before)])
      while (port !== wanted && taken.has(port)) port = await freePort()
      now[name] = port
      return port
    },
    save: () => writePrivateFile(file, JSON.stringify({ ...before, ...now }, null, 2)),
  }
}

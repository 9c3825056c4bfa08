import { readFileSync } from 'node:fs'

/** Resident memory of a process, as Linux counts it; other systems do not say. */
export function memoryOf(pid: number, what: 'peak' | 'now'): string {
  const field = what === 'peak' ? 'VmHWM' : 'VmRSS'
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return `${Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)} MB`
  } catch {
    return 'unknown on this system'
  }
}

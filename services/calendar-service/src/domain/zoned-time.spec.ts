import { describe, expect, it } from 'vitest'
import { instantOf, offsetTime, usableZone, wallOf } from './zoned-time.ts'

const wall = (text: string) => Date.parse(`${text}Z`)
const instant = (text: string, zone: string) => new Date(instantOf(wall(text), zone)).toISOString()

describe('wall clocks and instants', () => {
  it('agree in every zone, before and after a change of the clocks', () => {
    expect(instant('2026-01-15T09:00:00', 'Europe/Berlin')).toBe('2026-01-15T08:00:00.000Z')
    expect(instant('2026-07-15T09:00:00', 'Europe/Berlin')).toBe('2026-07-15T07:00:00.000Z')
    expect(instant('2026-07-15T09:00:00', 'America/New_York')).toBe('2026-07-15T13:00:00.000Z')
    expect(instant('2026-07-15T09:00:00', 'Asia/Kathmandu')).toBe('2026-07-15T03:15:00.000Z')
    expect(instant('2026-07-15T00:00:00', 'Pacific/Kiritimati')).toBe('2026-07-14T10:00:00.000Z')
  })
  it('take the first of two equal readings', () => {
    expect(instant('2026-10-25T02:30:00', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
    expect(instant('2026-11-01T01:30:00', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z')
  })
  it('take the offset before the gap for a reading that never was', () => {
    expect(instant('2026-03-29T02:30:00', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
    expect(instant('2026-03-08T02:30:00', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z')
  })
  it('come back to the same reading all year round', () => {
    for (let hour = 0; hour < 8760; hour += 7) {
      const at = Date.UTC(2026, 0, 1) + hour * 3_600_000
      expect(instantOf(wallOf(at, 'Australia/Lord_Howe'), 'Australia/Lord_Howe')).toBeLessThanOrEqual(at)
    }
  })
  it('fall back to the first zone that exists (B3.51)', () => {
    expect(usableZone('Custom Zone 1', 'Europe/Berlin')).toBe('Europe/Berlin')
    expect(usableZone(null, '')).toBe('UTC')
  })
  it('are written the way Google writes them', () => {
    expect(offsetTime(Date.parse('2026-07-15T07:00:00Z'), 'Europe/Berlin')).toBe('2026-07-15T09:00:00+02:00')
    expect(offsetTime(Date.parse('2026-07-15T07:00:00Z'), 'America/St_Johns')).toBe(
      '2026-07-15T04:30:00-02:30',
    )
    expect(offsetTime(Date.parse('2026-07-15T07:00:00Z'), 'UTC')).toBe('2026-07-15T07:00:00Z')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'

const target = z.object({ expr: z.string(), legendFormat: z.string() })
const panel = z.object({
  id: z.number(),
  title: z.string().min(1),
  description: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(target).min(1),
})
const dashboard = z.object({
  uid: z.string().min(1),
  title: z.string().min(1),
  panels: z.array(panel).min(1),
})

export type Dashboard = z.infer<typeof dashboard> & { readonly file: string }

const folder = new URL('../../infra/observability/dashboards/', import.meta.url)

/** The Grafana dashboards of infra/observability. */
export function dashboards(): readonly Dashboard[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.map((file) => ({
    ...dashboard.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))),
    file,
  }))
}

/** Grafana's own words for intervals, as Prometheus would get them. */
export const withIntervals = (expression: string) => expression.replaceAll('$__rate_interval', '5m')

/** What occurs more than once. */
export function repeated<Value>(values: readonly Value[]): Value[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}

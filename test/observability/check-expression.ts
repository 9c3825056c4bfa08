import { readPromql } from './promql.ts'

/** Every series name that services expose, with its labels. */
export type Registered = ReadonlyMap<string, ReadonlySet<string>>

/** What Prometheus itself puts on every series it scrapes. */
const ofTarget = ['job', 'instance']

/** What is wrong with an expression and the texts that show its labels; empty when nothing is. */
export function checkExpression(
  expression: string,
  registered: Registered,
  templates: readonly string[] = [],
): string[] {
  const { selectors, groupings, isValid } = readPromql(expression)
  if (!isValid) return ['it is not PromQL']
  if (selectors.length === 0) return ['it names no metric']
  const labelsOf = (metric: string) => new Set([...(registered.get(metric) ?? []), ...ofTarget])
  const lacks = (metric: string, labels: readonly string[]) =>
    labels
      .filter((label) => registered.has(metric) && !labelsOf(metric).has(label))
      .map((label) => `${metric} has no label ${label}`)

  const shown = templates.flatMap((text) =>
    [...text.matchAll(/{{\s*(?:\$labels\.)?([a-z_]+)\s*}}/g)].map(([, label = '']) => label),
  )
  const labelsWhere = (keeps: boolean) =>
    groupings.filter((grouping) => grouping.keeps === keeps).flatMap(({ labels }) => labels)
  const dropped = labelsWhere(false)
  const isAggregated = /\b(sum|max|min|avg|count|histogram_quantile)\b/.test(expression)
  const all = selectors.flatMap(({ metric }) => [...labelsOf(metric)])
  const isNarrowed = isAggregated && dropped.length === 0
  const present = new Set(isNarrowed ? labelsWhere(true) : all.filter((label) => !dropped.includes(label)))
  return [
    ...new Set([
      ...selectors
        .filter(({ metric }) => !registered.has(metric))
        .map(({ metric }) => `no service registers ${metric === '' ? 'a metric without a name' : metric}`),
      ...selectors.flatMap(({ metric, labels }) => lacks(metric, labels)),
      ...groupings.flatMap(({ metrics, labels }) => metrics.flatMap((metric) => lacks(metric, labels))),
      ...shown.filter((label) => !present.has(label)).map((label) => `the result has no label ${label}`),
    ]),
  ]
}

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.string().optional() }).optional(),
  annotations: z.strictObject({ summary: z.string().optional(), runbook: z.string().optional() }).optional(),
})
const file = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })),
})

export type AlertRule = z.infer<typeof rule>

/** The rules of infra/observability, as Prometheus reads them. */
export function alertRules(): readonly AlertRule[] {
  const text = readFileSync(new URL('../../infra/observability/alerts.yaml', import.meta.url), 'utf8')
  return file.parse(parse(text)).groups.flatMap(({ rules }) => rules)
}

/** What is missing for a person who is woken up by it. */
export function checkForPeople(
  { alert, labels, annotations }: AlertRule,
  anchors: ReadonlySet<string>,
): string[] {
  const { summary = '', runbook = '' } = annotations ?? {}
  const [page, anchor = ''] = runbook.split('#')
  return [
    ...(['page', 'ticket'].includes(labels?.severity ?? '') ? [] : [`${alert} has no severity`]),
    ...(/^.{20,}[.]$/.test(summary) ? [] : [`${alert} has no summary in a sentence`]),
    ...(page === 'docs/operations.md' && anchors.has(anchor)
      ? []
      : [`${alert} leads to no runbook: ${runbook}`]),
  ]
}

/** The anchors of a Markdown page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = markdown.split('\n').filter((line) => /^#{1,6} /.test(line))
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

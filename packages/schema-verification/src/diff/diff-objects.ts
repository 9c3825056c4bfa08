import type { Catalog } from '../catalog/catalog.ts'
import { quotedRelation } from '../catalog/identifier.ts'
import type { ExpectedCatalog } from '../manifest/manifest.ts'
import { type Difference, everyAccess, type Touch } from './difference.ts'

/** Enums, functions and sequences. */
export function diffObjects(expected: ExpectedCatalog, actual: Catalog): Difference[] {
  return [
    ...Object.entries(expected.enums).flatMap(([name, labels]) =>
      diffEnum({ name, labels, expected, actual }),
    ),
    ...diffFunctions(expected, actual),
    ...diffSequences(expected, actual),
  ]
}

function diffEnum(of: {
  readonly name: string
  readonly labels: readonly string[]
  readonly expected: ExpectedCatalog
  readonly actual: Catalog
}): Difference[] {
  const { name, labels, expected, actual } = of
  const now = actual.enums[name]
  if (now === undefined) return [missingEnum(name, labels, columnsOfType(expected, name))]
  if (now.join('\n') === labels.join('\n')) return []
  const touches = columnsOfType(expected, name)
  const common = { path: name, expected: labels.join(', '), actual: now.join(', '), touches }
  const gone = labels.filter((label) => !now.includes(label))
  const added = now.filter((label) => !labels.includes(label))
  if (gone.length > 0) {
    const renamed = gone.length === added.length
    return [
      {
        ...common,
        kind: renamed ? 'enum_value_renamed' : 'enum_value_missing',
        class: 'breaking_write',
        explanation: `The enum ${name} does not know ${gone.join(', ')}${renamed ? ` (it was renamed to ${added.join(', ')})` : ''}; statements that use it fail (22P02).`,
        remedy: renamed
          ? gone
              .map(
                (label, n) => `alter type ${quotedRelation(name)} rename value '${added[n]}' to '${label}'`,
              )
              .join('; ')
          : gone.map((label) => `alter type ${quotedRelation(name)} add value '${label}'`).join('; '),
        additive: !renamed,
      },
    ]
  }
  if (added.length > 0)
    return [
      {
        ...common,
        kind: 'enum_value_extra',
        class: 'silent',
        explanation: `The enum ${name} has ${added.join(', ')}, which the code does not know and may read.`,
      },
    ]
  return [
    {
      ...common,
      kind: 'enum_reordered',
      class: 'info',
      explanation: `The enum ${name} has the same values in another order; only sorting by it changes.`,
    },
  ]
}

function missingEnum(name: string, labels: readonly string[], touches: readonly Touch[]): Difference {
  return {
    path: name,
    kind: 'enum_missing',
    class: 'breaking_write',
    expected: labels.join(', '),
    actual: null,
    explanation: `The enum ${name} is gone; statements that name it fail (42704).`,
    remedy: `create type ${quotedRelation(name)} as enum (${labels.map((label) => `'${label}'`).join(', ')})`,
    additive: true,
    touches,
  }
}

function columnsOfType(expected: ExpectedCatalog, type: string): Touch[] {
  return Object.entries(expected.relations).flatMap(([table, { columns }]) => {
    const of = Object.keys(columns).filter((column) => columns[column]?.type.replace('[]', '') === type)
    return of.length === 0 ? [] : [{ table, columns: of, access: everyAccess }]
  })
}

function diffFunctions(expected: ExpectedCatalog, actual: Catalog): Difference[] {
  return Object.entries(expected.functions).flatMap(([name, before]): Difference[] => {
    const now = actual.functions[name]
    if (now === undefined)
      return [
        {
          path: name,
          kind: 'function_missing',
          class: 'breaking_write',
          expected: before.result,
          actual: null,
          explanation: `The function ${name} is gone; statements that call it fail.`,
          calls: [name],
        },
      ]
    if (now.bodyHash === before.bodyHash && now.result === before.result) return []
    return [
      {
        path: name,
        kind: 'function_changed',
        class: 'silent',
        expected: `${before.result}, body ${before.bodyHash}`,
        actual: `${now.result}, body ${now.bodyHash}`,
        explanation: `The function ${name} is not the one the migrations made; it may do something else without an error.`,
        calls: [name],
      },
    ]
  })
}

function diffSequences(expected: ExpectedCatalog, actual: Catalog): Difference[] {
  return Object.entries(expected.sequences).flatMap(([name, before]): Difference[] => {
    const now = actual.sequences[name]
    if (now?.definition === before.definition) return []
    return [
      {
        path: name,
        kind: now === undefined ? 'sequence_missing' : 'sequence_changed',
        class: now === undefined ? 'breaking_write' : 'integrity',
        expected: before.definition,
        actual: now?.definition ?? null,
        explanation:
          now === undefined
            ? `The sequence ${name} is gone; statements that draw numbers from it fail.`
            : `The sequence ${name} counts differently, so numbers may repeat or leave gaps.`,
        calls: [name],
      },
    ]
  })
}

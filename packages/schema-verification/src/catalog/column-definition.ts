import type { Column } from './catalog.ts'

/** A column in the words of `create table`. */
export function columnDefinition(column: Column): string {
  return [
    column.type,
    ...(column.collation === null ? [] : [`collate "${column.collation}"`]),
    ...(column.identity === null ? [] : [`generated ${column.identity} as identity`]),
    ...(column.generated ? ['generated always'] : []),
    ...(column.default === null ? [] : [`default ${column.default}`]),
    ...(column.notNull ? ['not null'] : []),
  ].join(' ')
}

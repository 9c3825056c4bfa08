import type { Column } from '../catalog/catalog.ts'

/** A column of text that may be null and fills itself with nothing. */
export const text: Column = {
  type: 'text',
  notNull: false,
  default: null,
  identity: null,
  generated: false,
  collation: null,
  privileges: 'raw',
}

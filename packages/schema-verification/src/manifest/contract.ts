/** How one capability uses one table: the columns its statements name. */
export interface TableUse {
  /** `user_oauth_tokens`, or with its schema outside `public`: `es.event`. */
  readonly table: string
  readonly reads?: readonly string[]
  readonly inserts?: readonly string[]
  readonly updates?: readonly string[]
  readonly deletes?: boolean
  /** Columns of the unique index that `on conflict` needs. */
  readonly conflictOn?: readonly string[]
}

export interface CapabilityContract {
  readonly uses: readonly TableUse[]
  /** Functions it calls, such as `es.append`. */
  readonly calls?: readonly string[]
}

/** A row that could be real, to be written and rolled back. */
export interface Canary {
  readonly table: string
  readonly row: Readonly<Record<string, unknown>>
}

/** What a service's statements need of its schema, by capability. */
export interface SchemaContract {
  readonly service: string
  readonly schemas: readonly string[]
  readonly capabilities: Readonly<Record<string, CapabilityContract>>
  /** Written in this order in one transaction that never commits. */
  readonly canaries: readonly Canary[]
}

/** All columns that the table has in the replayed schema. */
export type Columns = readonly string[] | '*'

export interface DeclaredUse {
  readonly table: string
  readonly reads?: Columns
  readonly inserts?: Columns
  readonly updates?: Columns
  readonly deletes?: boolean
  readonly conflictOn?: readonly string[]
}

/** A contract as a service writes it down; the manifest holds it with every column by name. */
export interface DeclaredContract extends Omit<SchemaContract, 'capabilities'> {
  readonly capabilities: Readonly<
    Record<string, { readonly uses: readonly DeclaredUse[]; readonly calls?: readonly string[] }>
  >
}

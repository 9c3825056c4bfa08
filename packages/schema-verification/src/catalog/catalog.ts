/** What PostgreSQL itself says about a service's schemas, in its own normal form. Names in `public` go without it. */
export interface Catalog {
  readonly server: Server
  readonly schemas: Readonly<Record<string, SchemaEntry>>
  readonly relations: Readonly<Record<string, Relation>>
  readonly enums: Readonly<Record<string, readonly string[]>>
  readonly functions: Readonly<Record<string, DatabaseFunction>>
  readonly sequences: Readonly<Record<string, Sequence>>
  /** Relations elsewhere that bear the name of one of ours. */
  readonly namesakes: readonly Namesake[]
  /** Migrations in the journal; null where the role may not read it or there is none. */
  readonly journal: readonly string[] | null
}

export interface Server {
  readonly version: number
  readonly database: string
  /** Whose rights these are. */
  readonly role: string
  readonly standby: boolean
  /** Another session of ours holds the migrators' lock right now. */
  readonly migrating: boolean
  /** Schemas of this session, in order. */
  readonly searchPath: readonly string[]
  /** What the next session of the role starts with, where somebody set it for the role or the database. */
  readonly settings: Readonly<Record<string, string>>
  /** Null without our event triggers; otherwise whether all of them are on. */
  readonly ddlNotification: boolean | null
}

export interface SchemaEntry {
  readonly usage: boolean
}

export interface Namesake {
  readonly schema: string
  readonly name: string
}

export interface Relation {
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table'
  readonly persistence: 'permanent' | 'unlogged' | 'temporary'
  /** By whoever owns the migration journal; null without a journal. */
  readonly ownedByMigrator: boolean | null
  readonly rowSecurity: 'off' | 'on' | 'forced'
  readonly privileges: Privileges
  readonly columns: Readonly<Record<string, Column>>
  readonly constraints: Readonly<Record<string, Constraint>>
  readonly indexes: Readonly<Record<string, Index>>
  readonly triggers: Readonly<Record<string, Trigger>>
  readonly policies: Readonly<Record<string, string>>
  readonly rules: Readonly<Record<string, string>>
  /** Foreign keys whose internal triggers somebody switched off. */
  readonly disabledForeignKeys: readonly string[]
}

/** Letters of what the role may do: r(ead), a(dd), w(rite over), d(elete). */
export type Privileges = string

export interface Column {
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
  readonly identity: string | null
  readonly generated: boolean
  readonly collation: string | null
  readonly privileges: Privileges
}

export interface Constraint {
  readonly type: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion'
  readonly definition: string
  readonly columns: readonly string[]
  readonly validated: boolean
}

export interface Index {
  readonly definition: string
  readonly unique: boolean
  readonly columns: readonly string[]
  readonly valid: boolean
  /** Belongs to a constraint, which tells its story already. */
  readonly ofConstraint: boolean
}

export interface Trigger {
  readonly definition: string
  readonly enabled: boolean
  readonly bodyHash: string
}

export interface DatabaseFunction {
  readonly bodyHash: string
  readonly result: string
  readonly execute: boolean
}

export interface Sequence {
  readonly definition: string
  readonly usage: boolean
}

/** Runs one statement with real bind parameters. The event store's `Sql` fits, and so does any driver's. */
export type Sql = <Row>(text: string, params?: readonly unknown[]) => Promise<Row[]>

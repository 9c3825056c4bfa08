/** `<data-dir>/endpoints.json` (CONTRACT 1): where everything is, for tools and tests. */
export interface Endpoints {
  readonly gateway: string
  readonly google: { readonly issuer: string; readonly apiRootUrl: string; readonly emulated: boolean }
  /** `url` carries the operator's login; `monitorUrl` and `pid` are null for a server that is not ours. */
  readonly nats: { readonly url: string; readonly monitorUrl: string | null; readonly pid: number | null }
  readonly postgres: {
    readonly adminUrl: string
    readonly pid: number | null
    /** Each as the service itself sees it: its own login, which may enter only this one. */
    readonly databases: Readonly<Record<string, string>>
  }
  readonly services: readonly {
    readonly name: string
    readonly replica: number
    readonly pid: number | null
    readonly url: string
  }[]
}

/** Wraps data keys. The local key ring by default; a KMS fits the same shape. */
export interface KeyEncryption {
  /** Which key wraps from now on.
   * @throws DomainError `vault_keys_unavailable` when a KMS does not answer. */
  currentKeyId(): Promise<string>
  wrap(dataKey: Buffer, context: string): Promise<WrappedKey>
  /** @throws DomainError `tokens_not_readable` for an unknown key or another context, `vault_keys_unavailable`. */
  unwrap(wrapped: WrappedKey, context: string): Promise<Buffer>
  /** Makes a new key the current one; null where keys are made elsewhere, as in a KMS.
   * @throws DomainError `key_ring_not_writable`, `key_ring_unreadable`. */
  addKey(): Promise<string | null>
  /** Takes a key out of use; it stays in the file, under `retired`, until an operator destroys it.
   * @throws DomainError `vault_key_not_found`, `vault_key_in_use` for the current one. */
  retire(keyId: string): Promise<void>
  /** Every key that can unwrap and is ours to retire. */
  keyIds(): Promise<readonly string[]>
}

export interface WrappedKey {
  readonly keyId: string
  readonly wrapped: string
}

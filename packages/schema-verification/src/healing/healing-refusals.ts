import type { Finding } from '../diff/finding.ts'

const byHand = 'apply its remedy by hand when it is right'

// By what happened; the first one that fits.
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /_renamed$|^table_moved$/,
    `it still exists under another name: adding a second one would hide its rows; ${byHand}`,
  ],
  [
    /^table_missing$/,
    'an empty table would look like lost rows: restore it from a backup, or rebuild the projection',
  ],
  [/_extra(_not_null)?$|^default_added$/, 'it is in no migration, and taking it away is for whoever made it'],
  [
    /^(unique|primary_key|exclusion|index)_(missing|invalid)$/,
    `duplicates may have got in, and which of them stays is nobody's guess; ${byHand}`,
  ],
  [
    /^type_changed$|^collation_changed$|^persistence_changed$/,
    `the table would be rewritten under a lock; ${byHand}`,
  ],
  [/^not_null_dropped$/, `rows may hold null by now; ${byHand}`],
  [/^not_null_added$/, `it would loosen what somebody tightened; ${byHand}`],
  [/^enum_value_missing$/, `a value of an enum can never be taken back; ${byHand}`],
  [/^function_|^sequence_/, 'its text is in the migrations only: make it again with that statement'],
  [/^foreign_key_disabled$/, `only a superuser may switch it on again, and rows got in unchecked; ${byHand}`],
  [
    /^(owner_changed|search_path_astray|read_only_by_setting|triggers_off_by_setting)$/,
    `it takes an administrator; ${byHand}`,
  ],
]

/** Why a finding is not healed, and who can do better. */
export function whyNotHealed({ kind }: Pick<Finding, 'kind'>): string {
  const known = reasons.find(([pattern]) => pattern.test(kind))
  return known?.[1] ?? `somebody changed it to something else, and healing only adds; ${byHand}`
}

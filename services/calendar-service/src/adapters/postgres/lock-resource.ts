import { sqlOf, type UnitOfWork } from '@evergrant/event-store'

/** Keeps everybody out who would write a resource's copy, until the transaction ends. */
export async function lockResource(unit: UnitOfWork, resourceId: string): Promise<void> {
  await sqlOf(unit)('select from synced_resource where resource_id = $1 for update', [resourceId])
}

import { z } from 'zod'

export const services = ['calendar', 'drive', 'gmail'] as const
export const serviceSchema = z.enum(services)
export type Service = z.infer<typeof serviceSchema>

export const accessSchema = z.enum(['read', 'readwrite'])
export type Access = z.infer<typeof accessSchema>

/** RFC 3339 in UTC. */
export const timeSchema = z.iso.datetime({ offset: false })

export const accountSchema = z.object({ id: z.string(), email: z.string() })
export type Account = z.infer<typeof accountSchema>

export const actionSchema = z.object({
  kind: z.string(),
  description: z.string(),
  url: z.string().optional(),
})

export const capabilityStateSchema = z.enum(['ok', 'degraded', 'unavailable'])
export type CapabilityState = z.infer<typeof capabilityStateSchema>

export const connectionStatusSchema = z.enum([
  'active',
  'missing_scopes',
  'needs_reauthorization',
  'disconnected',
  'unknown',
])
export type ConnectionStatus = z.infer<typeof connectionStatusSchema>

/** The connection object: the same in REST, events, SSE and the console. */
export const connectionSchema = z.object({
  id: z.uuid(),
  grantId: z.uuid(),
  service: serviceSchema,
  account: accountSchema,
  status: connectionStatusSchema,
  reason: z.string().nullable(),
  action: actionSchema.nullable(),
  scopes: z.array(z.string()),
  missingScopes: z.array(z.string()),
  access: accessSchema,
  expiresAt: timeSchema.nullable(),
  lastRefreshedAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  connectedAt: timeSchema,
  capabilities: z.record(z.string(), capabilityStateSchema),
  generation: z.number().int().nonnegative(),
})
export type Connection = z.infer<typeof connectionSchema>

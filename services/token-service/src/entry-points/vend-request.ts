import { z } from 'zod'

/** Google's scopes have these shapes; anything else can never be granted and is a mistake of the caller. */
const scopeSchema = z
  .string()
  .max(200)
  .regex(
    /^(openid|email|profile|https:\/\/mail\.google\.com\/|https:\/\/www\.googleapis\.com\/auth\/[\w.-]+)$/,
    {
      error: 'is not a Google scope',
    },
  )

/** Google's tokens live about an hour; more than this could never be promised. */
const longestValiditySeconds = 3_000

/** What a caller may ask of an access token, over HTTP and over NATS alike. */
export const vendRequestSchema = z.strictObject({
  minValiditySeconds: z.number().int().min(0).max(longestValiditySeconds).default(0),
  requiredScopes: z.array(scopeSchema).max(50).default([]),
  rejectedGeneration: z.number().int().min(1).nullable().default(null),
  purpose: z.string().min(1).max(200).nullable().default(null),
})

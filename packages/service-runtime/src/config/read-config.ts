import { z } from 'zod'
import { assertDevelopmentIssuerIsLoopback } from '../auth/development-issuer.ts'
import { runtimeErrors } from '../errors.ts'

/** Where values come from: `process.env`, handed in by the one `config.ts` that may read it. */
export type Environment = Readonly<Record<string, string | undefined>>

const deploymentSchema = z.object({
  HOST: z.string(),
  PUBLIC_URL: z.string(),
  AUTH_ISSUER: z.string(),
  AUTH_JWKS_URI: z.string(),
})

/** Reads every key once and freezes the result. An empty value counts as not set.
 * @throws DomainError `invalid_config` naming every variable that is wrong or missing, never a value. */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Environment,
): Readonly<z.output<z.ZodObject<Shape>>> {
  const given = Object.fromEntries(
    Object.keys(shape).flatMap((key) => {
      const value = env[key]
      return value === undefined || value === '' ? [] : [[key, value]]
    }),
  )
  const result = z.object(shape).safeParse(given)
  if (result.success) {
    // Here and not in every service, so that none can forget it.
    const deployment = deploymentSchema.safeParse(result.data)
    if (deployment.success) assertDevelopmentIssuerIsLoopback(deployment.data)
    return Object.freeze(result.data)
  }
  const fields = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    const missing = given[String(issue.path[0])] === undefined
    return { path, message: missing ? 'is required' : issue.message }
  })
  const list = fields.map(({ path, message }) => `${path} ${message}`).join('; ')
  throw runtimeErrors.invalid_config({ message: `The configuration is not valid: ${list}.`, fields })
}

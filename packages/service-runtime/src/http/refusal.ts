import { DomainError, type ErrorContext } from '@evergrant/decider'
import { runtimeErrors } from '../errors.ts'

interface ForeignError {
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly validation?: readonly ValidationIssue[]
  readonly validationContext?: string
}

interface ValidationIssue {
  readonly instancePath: string
  readonly message?: string
  readonly params?: { readonly keys?: unknown }
}

/** Anything thrown while answering, as a refusal somebody can act on; what nobody foresaw is a defect. */
export function refusalFrom(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  const foreign: ForeignError = typeof error === 'object' && error !== null ? error : {}
  if (foreign.validation) return runtimeErrors.invalid_input({ fields: foreign.validation.flatMap(fieldsOf) })
  const context: ErrorContext = { cause: error }
  switch (foreign.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return runtimeErrors.unsupported_media_type(context)
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return runtimeErrors.body_too_large(context)
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return runtimeErrors.invalid_json({ ...context, fields: [{ path: '', message: 'is not valid JSON' }] })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return runtimeErrors.invalid_request(context)
    default:
      return runtimeErrors.internal_error(context)
  }
}

/** One entry per offending path; an unknown field is reported at its own path, not its parent's. */
function fieldsOf(issue: ValidationIssue): { path: string; message: string }[] {
  const path = issue.instancePath.split('/').filter(Boolean).join('.')
  const keys = issue.params?.keys
  if (Array.isArray(keys)) {
    return keys.map((key) => ({
      path: path ? `${path}.${key}` : String(key),
      message: 'is not a known field',
    }))
  }
  return [{ path, message: issue.message ?? 'is not valid' }]
}

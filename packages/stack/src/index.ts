export type { Endpoints } from './data-directory/endpoints.ts'
export { stackErrors } from './errors.ts'
export { frugalMemory } from './services/service-plans.ts'

export type { Endpoints } from './data-directory/endpoints.ts'

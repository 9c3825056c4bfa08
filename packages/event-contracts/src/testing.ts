export { type Incompatibility, incompatibilities } from './compatibility/compare-schemas.ts'
export {
  type BrokenPromise,
  brokenPromises,
  type ContractSchemas,
  isContinued,
  schemasOf,
} from './compatibility/contract-history.ts'
export type { JsonSchema } from './compatibility/json-schema.ts'

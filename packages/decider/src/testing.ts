export { specification } from './specification.ts'

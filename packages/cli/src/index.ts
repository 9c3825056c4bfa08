export { type ExitCode, exitCodes, type Surroundings } from './outcome.ts'
export { runCli } from './program.ts'

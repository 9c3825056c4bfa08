export { type ConsoleFile, readConsole } from './console-files.ts'

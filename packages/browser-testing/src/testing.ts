export { accessibilityProblems, findChromium, openChromium } from './chromium.ts'

import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a real Chromium is; undefined, and said out loud, where there is none. */
export function findChromium(): string | undefined {
  const found = places.find((path) => existsSync(path))
  if (found === undefined) {
    process.stderr.write(
      'SKIPPED: no Chromium on this machine (apt-get install chromium), so no page was looked at\n',
    )
  }
  return found
}

/** The sandbox needs privileges that containers do not give; every page shown is ours. */
export function openChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** What axe-core finds wrong (WCAG 2.2 A and AA, and its best practices), one line each. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const violations = await page.evaluate<{ id: string; help: string; nodes: { html: string }[] }[]>(
    'axe.run(document).then(({ violations }) => violations)',
  )
  return violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes[0]?.html ?? ''}`)
}

// Every page in both themes, on a phone and on a wide screen: axe finds nothing against WCAG 2.2 AA, and nothing
// reaches beyond the side of the screen. The pages are read from the program, so that a new one is looked at too.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { setUp } from '../../src/engine/accounts/setup.ts'
import { addCampaign } from '../../src/engine/campaigns.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { addRemoteSender } from '../../src/engine/remote-sender.ts'
import { fill, pageRoutes } from '../support/all-routes.ts'
import { type BrowserDay, browserPath, startDay } from '../support/browser.ts'
import { campaignDefinition, csvFile, phoneNumber } from '../support/open-test-app.ts'

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What stands in the place of each parameter. */
const things: Record<string, string> = {
  id: 'cmp_1',
  name: 'snd_1',
  cap: 'daily',
  user: 'usr_1',
  list: 'people',
  contact: 'con_1',
  import: 'imp_1',
  upload: 'upl_1',
}

async function fillDay({ app: { ctx }, setupUrl, dir }: BrowserDay): Promise<void> {
  await setUp(ctx, new URL(setupUrl).pathname.split('/')[2] ?? '', { name: 'Ada', password: 'orange kettle lantern' })
  const lines = Array.from({ length: 5 }, (_, n) => `${phoneNumber(n)},Person ${n}`)
  await importCsv(ctx, {
    path: csvFile(dir, ['phone,first_name', ...lines, '555,Bad', ''].join('\n')),
    list: 'people',
    rejectsPath: null,
  })
  await addCampaign(ctx, campaignDefinition({ sender: 'sandbox', useCase: 'utility', limits: {} }))
  await addRemoteSender(ctx, {
    name: 'main',
    provider: 'meta',
    credentials: { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: 'test-secret' },
  })
}

it.skipIf(browserPath === undefined)(
  'Every page is clean for those who do not see it, in both themes, narrow and wide',
  async () => {
    const day = await startDay()
    await fillDay(day)
    const { page, complaints } = await day.open()
    const wrong: string[] = []
    const look = async (path: string) => {
      const response = await page.goto(`${day.url}${path}`, { waitUntil: 'domcontentloaded' })
      if (!/html/.test(response?.headers()['content-type'] ?? '')) return
      await page.evaluate(axe)
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 900 })
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          for (const found of await violations()) wrong.push(`${path} ${colorScheme} ${width}: ${found}`)
        }
        const beyond = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
        if (Number(beyond) > 0) wrong.push(`${path} ${width}: ${beyond} px beyond the side`)
      }
    }
    const violations = () =>
      page.evaluate(
        `axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 200)))`,
      ) as Promise<string[]>
    await look('/login')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Password').fill('orange kettle lantern')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL(`${day.url}/`)
    const pages = pageRoutes({ app: day.app } as never).filter(
      ({ method, path }) => method === 'GET' && !/assets|setup|login|\/export|\{job\}|logout/.test(path),
    )
    expect(pages.length).toBeGreaterThan(25)
    for (const { path } of pages) await look(path.replace(/\{(\w+)\}/g, (_, name: string) => things[name] ?? 'nobody'))
    await look(fill('/nothing/here'))
    await look('/senders/new?provider=zixflow')
    expect(wrong).toEqual([])
    expect(complaints.filter((text) => !/status of 4/.test(text))).toEqual([])
  },
  120_000,
)

// The main navigation: few entries, each user's own, and the pages behind them.
import { afterAll, describe, expect, it } from 'vitest'
import { sections } from '../../src/web/places.ts'
import { serveApi } from '../support/api-client.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { visit } from '../support/visitor.ts'

afterAll(endBrowser)

/** Addresses of the entries of the main navigation. */
function entries(text: string): string[] {
  const [, main = ''] = /<nav class="places"[^>]*>(.*?)<\/nav>/s.exec(text) ?? []
  return [...main.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href)
}

describe('the navigation', () => {
  it('has at most seven entries, and every page is behind one of them', async () => {
    expect(sections.length).toBeLessThanOrEqual(7)
    const client = await serveApi()
    const admin = await visit(client, 'admin')
    for (const { title, pages } of sections)
      for (const { href } of pages) {
        const { status, text } = await admin.get(href)
        expect([href, status]).toEqual([href, 200])
        expect(entries(text)).toHaveLength(sections.length)
        expect(text, href).toMatch(new RegExp(`href="${pages[0].href}" aria-current="page">${title}<`))
      }
  })

  it('leads nobody to a page that they may not open', async () => {
    const client = await serveApi()
    for (const role of ['viewer', 'editor', 'sender', 'admin'] as const) {
      const visitor = await visit(client, role)
      for (const href of entries((await visitor.get('/')).text)) {
        const { status, text } = await visitor.get(href)
        expect([role, href, status]).toEqual([role, href, 200])
        const [, tabs = ''] = /<ul class="tabs">(.*?)<\/ul>/s.exec(text) ?? []
        for (const [, tab = ''] of tabs.matchAll(/href="([^"]+)"/g))
          expect([role, tab, (await visitor.get(tab)).status]).toEqual([role, tab, 200])
      }
    }
  })

  it.runIf(browserPath)('is a menu on a phone, which opens without scripts and with the keyboard', async () => {
    const day = await startDay()
    const viewport = { width: 390, height: 844 }
    const { page } = await day.openLoggedIn({ viewport, javaScriptEnabled: false })
    await page.goto(`${day.url}/campaigns`)
    const link = page.locator('nav.places a', { hasText: 'Senders' })
    expect(await link.isVisible()).toBe(false)
    const menu = page.locator('button.menu')
    await menu.focus()
    await page.keyboard.press('Enter')
    expect(await link.isVisible()).toBe(true)
    await link.click()
    expect(new URL(page.url()).pathname).toBe('/senders')
    await page.setViewportSize({ width: 1280, height: 800 })
    expect([await link.isVisible(), await menu.isVisible()]).toEqual([true, false])
  })
})

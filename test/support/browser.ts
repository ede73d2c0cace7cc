// A real browser and a real service with a real clock, for what only a browser can tell.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type App, openApp } from '../../src/app.ts'
import { createLog } from '../../src/runtime/log.ts'
import { tempDir } from './open-test-app.ts'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where the machine has a browser; undefined, said aloud, where it has none. */
export const browserPath = findBrowser()

function findBrowser(): string | undefined {
  const found = places.find((path) => existsSync(path))
  if (found === undefined) console.warn(`SKIPPED: no browser (${places.join(', ')}); apt-get install chromium`)
  return found
}

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface BrowserDay {
  app: App
  url: string
  setupUrl: string
  dir: string
  browser: Browser
  open(options?: BrowserContextOptions): Promise<{ context: BrowserContext; page: Page; complaints: string[] }>
}

/** A fresh service and a browser that asks nobody else. */
export async function startDay(): Promise<BrowserDay> {
  const dir = tempDir()
  const app = await openApp({
    env: { HERALD_PORT: '0' },
    flags: { databaseUrl: join(dir, 'herald.db') },
    mayCreate: true,
    log: createLog({ level: 'silent' }),
  })
  const running = await app.serve()
  const browser = await chromium.launch({ executablePath: browserPath ?? '', args: quietly })
  onTestFinished(async () => {
    await browser.close()
    await running[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
  })
  const open = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(`${page.url()} ${error.message}`))
    page.on('console', (message) => {
      // A refused form is told to the console as well; what else is said there is a fault.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        complaints.push(`${page.url()} ${message.text()}`)
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(running.url) && !request.url().startsWith('data:'))
        complaints.push(`asks ${request.url()}`)
    })
    return { context, page, complaints }
  }
  return { app, url: running.url, setupUrl: running.setupUrl ?? '', dir, browser, open }
}

// A real browser and a real service with a real clock, for what only a browser can tell.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type App, openApp } from '../../src/app.ts'
import { sessionCookie } from '../../src/engine/accounts/sessions.ts'
import { createLog } from '../../src/runtime/log.ts'
import { tempDir } from './open-test-app.ts'
import { quickSession, quickUser } from './quick-users.ts'

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

let launched: Promise<Browser> | undefined

/** One browser for all tests of a file: starting one takes longer than most tests. */
function browserOf(): Promise<Browser> {
  launched ??= chromium.launch({ executablePath: browserPath ?? '', args: quietly })
  return launched
}

/** For `afterAll`: a browser that is killed with its process leaves its profile behind. */
export async function endBrowser(): Promise<void> {
  await (await launched)?.close()
  launched = undefined
}

/** The administrator of every day whose pages are opened with `openLoggedIn`. */
export const ADMIN = { name: 'Ada', password: 'orange kettle lantern' }

export interface Opened {
  context: BrowserContext
  page: Page
  complaints: string[]
}

export interface BrowserDay {
  app: App
  url: string
  setupUrl: string
  dir: string
  /** A browser that was never here: nothing of other tests is in it. */
  open(options?: BrowserContextOptions): Promise<Opened>
  /** The same with a session of the administrator. How people get one is tested with the logins. */
  openLoggedIn(options?: BrowserContextOptions): Promise<Opened>
  logIn(context: BrowserContext): Promise<void>
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
  const { url, setupUrl, ...running } = await app.serve()
  const contexts: BrowserContext[] = []
  onTestFinished(async () => {
    for (const context of contexts) await context.close()
    await running[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
  })
  const open = async (options: BrowserContextOptions = {}) => {
    const context = await (await browserOf()).newContext({ locale: 'en-GB', ...options })
    contexts.push(context)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(`${page.url()} ${error.message}`))
    page.on('console', (message) => {
      // A refused form is told to the console as well; what else is said there is a fault.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        complaints.push(`${page.url()} ${message.text()}`)
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asks ${request.url()}`)
    })
    return { context, page, complaints }
  }
  const logIn = async (context: BrowserContext) => {
    await quickUser(app.ctx, ADMIN.name, 'admin', ADMIN.password)
    const { sessionToken } = await quickSession(app.ctx, ADMIN.name)
    // Set as from https, which a secure cookie has to come from; the browser trusts its own machine without.
    const from = url.replace('http:', 'https:')
    await context.addCookies([
      { name: sessionCookie, value: sessionToken, url: from, secure: true, httpOnly: true, sameSite: 'Lax' },
    ])
  }
  const openLoggedIn = async (options: BrowserContextOptions = {}) => {
    const opened = await open(options)
    await logIn(opened.context)
    return opened
  }
  return { app, url, setupUrl: setupUrl ?? '', dir, open, openLoggedIn, logIn }
}

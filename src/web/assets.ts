// The files that pages need, read once: our own style and script, and the kept libraries. Their address holds their
// hash, so that a browser keeps them until they change.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Hono } from 'hono'
import { AppError } from '../domain/errors.ts'
import { forAnybody, type PageEnv } from './page.ts'

const require = createRequire(import.meta.url)
const own = (name: string) => new URL(`./assets/${name}`, import.meta.url)

const files = {
  'style.css': { source: own('style.css'), type: 'text/css; charset=utf-8' },
  'app.js': { source: own('app.js'), type: 'text/javascript; charset=utf-8' },
  'campaigns.js': { source: own('campaigns.js'), type: 'text/javascript; charset=utf-8' },
  'imports.js': { source: own('imports.js'), type: 'text/javascript; charset=utf-8' },
  'icon.svg': { source: own('icon.svg'), type: 'image/svg+xml' },
  'uplot.js': { source: require.resolve('uplot/dist/uPlot.iife.min.js'), type: 'text/javascript; charset=utf-8' },
  'uplot.css': { source: require.resolve('uplot/dist/uPlot.min.css'), type: 'text/css; charset=utf-8' },
} as const
export type AssetName = keyof typeof files

const loaded = new Map<string, { body: Buffer; hash: string; type: string }>()

function load(name: AssetName) {
  const known = loaded.get(name)
  if (known !== undefined) return known
  const { source, type } = files[name]
  const body = readFileSync(source)
  const asset = { body, type, hash: createHash('sha256').update(body).digest('base64url').slice(0, 16) }
  loaded.set(name, asset)
  return asset
}

/** Where a page finds a file. */
export function assetUrl(name: AssetName): string {
  return `/assets/${name}?v=${load(name).hash}`
}

export function assetRoutes(): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/:name', forAnybody(), (c) => {
    const name = c.req.param('name')
    if (!Object.hasOwn(files, name)) throw new AppError('route.not_found', 'there is no such file')
    const { body, type } = load(name as AssetName)
    return c.body(new Uint8Array(body), 200, {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
}

// Keys between processes: made by one, good in another, over in it as soon as they are revoked, and in no file.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { type Child, cliFolder, herald, startHerald, stopped, writeIn } from '../support/cli.ts'

/** The address that a service prints when it listens. */
async function urlOf(child: Child): Promise<string> {
  let said = ''
  for await (const piece of child.stdout) {
    said += String(piece)
    const url = /"url": "([^"]+)"/.exec(said)?.[1]
    if (url !== undefined) return url
  }
  throw new Error(`the process ended and said only ${said}`)
}

it('SR-13 is over in another process as soon as it is revoked, and the database holds nothing that opens it', async () => {
  const folder = cliFolder()
  const password = writeIn(folder, 'password', 'orange kettle lantern')
  await herald(folder, 'users', 'add', 'ada', '--role', 'admin', '--password-file', password)
  const service = startHerald(folder, ['--json', 'start', '--port', '0'], { input: null })
  const url = await urlOf(service)
  const ask = async (key: string) =>
    (await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } })).status
  const { json } = await herald(folder, '--json', 'keys', 'add', 'shop', '--user', 'ada')
  expect(await ask(json.key)).toBe(200)
  // Whoever has the database tries everything that stands in it, and parts of it, as a key.
  const db = new Database(folder.dbPath, { readonly: true })
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).pluck().all() as string[]
  const texts = new Set<string>()
  for (const table of tables)
    for (const row of db.prepare(`SELECT * FROM "${table}"`).raw().all() as unknown[][])
      for (const value of row) if (typeof value === 'string' && value.length >= 13) texts.add(value)
  db.close()
  expect(texts.size).toBeGreaterThan(5)
  for (const text of texts)
    for (const key of [text, `herald_${text}`, `herald_${Buffer.from(text, 'hex').toString('base64url')}`])
      if (/^[\x21-\x7e]+$/.test(key)) expect([key.slice(0, 20), await ask(key)]).toEqual([key.slice(0, 20), 401])
  for (const name of readdirSync(folder.dir).filter((file) => !statSync(join(folder.dir, file)).isDirectory()))
    expect(readFileSync(join(folder.dir, name)).includes(json.key), name).toBe(false)
  await herald(folder, 'keys', 'revoke', json.id)
  expect(await ask(json.key)).toBe(401)
  await stopped(service)
})

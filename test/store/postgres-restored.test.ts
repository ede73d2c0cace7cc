// A PostgreSQL database that was put back by pg_restore: the machine that used the newer state knows, and sends nothing before unlock.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type App, openApp } from '../../src/app.ts'
import { showHeldFile, unlock } from '../../src/engine/service/unlock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { findSetting, setSetting } from '../../src/store/settings.ts'
import { tempDir } from '../support/open-test-app.ts'
import { hasServer } from '../support/postgres-programs.ts'
import { freshServerDatabase } from '../support/postgres-server.ts'

async function used(databaseUrl: string, filesFolder: string, use: (app: App) => Promise<void>): Promise<void> {
  const log = createLog({ level: 'silent' })
  await using app = await openApp({ env: {}, flags: { databaseUrl, filesFolder }, mayCreate: true, log })
  await use(app)
}

describe.skipIf(!hasServer)('a database that was restored', () => {
  it('is held until unlock, where a later state of it was in use', async () => {
    const [url, dir] = [await freshServerDatabase(), tempDir()]
    const dump = join(dir, 'herald.dump')
    await used(url, dir, async ({ ctx }) => void (await ctx.node.id()))
    execFileSync('pg_dump', ['--format=custom', '--no-owner', `--file=${dump}`, url])
    await used(url, dir, async ({ ctx }) => {
      await ctx.node.id()
      await ctx.db.write((tx) => setSetting(tx, 'lastUpload', 7))
      expect(await showHeldFile(ctx)).toBeUndefined()
    })
    execFileSync('pg_restore', ['--clean', '--if-exists', '--no-owner', `--dbname=${url}`, dump])
    await used(url, dir, async ({ ctx }) => {
      expect(await ctx.db.read((tx) => findSetting(tx, 'lastUpload'))).toBeUndefined()
      expect(await showHeldFile(ctx)).toMatchObject({ hold: { reason: 'older' } })
      expect(await unlock(ctx)).toMatchObject({ epoch: expect.any(Number) })
    })
    await used(url, dir, async ({ ctx }) => {
      await ctx.node.id()
      expect(await showHeldFile(ctx)).toBeUndefined()
    })
  })

  it('is not held where nothing newer was in use', async () => {
    const [url, dir] = [await freshServerDatabase(), tempDir()]
    const dump = join(dir, 'herald.dump')
    await used(url, dir, async ({ ctx }) => void (await ctx.node.id()))
    execFileSync('pg_dump', ['--format=custom', '--no-owner', `--file=${dump}`, url])
    execFileSync('pg_restore', ['--clean', '--if-exists', '--no-owner', `--dbname=${url}`, dump])
    await used(url, dir, async ({ ctx }) => {
      await ctx.node.id()
      expect(await showHeldFile(ctx)).toBeUndefined()
    })
  })
})

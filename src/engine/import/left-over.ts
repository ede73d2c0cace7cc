// Whether a process that died left an import half done, or its staging files: asked by every command, so it loads nothing else.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { hasUnfinishedImports } from '../../store/unfinished-imports.ts'
import type { Context } from '../context.ts'

export function stagingFolder({ db }: Pick<Context, 'db'>): string {
  return join(db.filesFolder, 'staging')
}

export async function hasLeftOver(ctx: Context): Promise<boolean> {
  const folder = stagingFolder(ctx)
  if (existsSync(folder) && readdirSync(folder).length > 0) return true
  return ctx.db.read(hasUnfinishedImports)
}

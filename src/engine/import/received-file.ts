// A CSV that arrives as a stream is written down first, because an import reads it twice.
// The file belongs to this node: when the process dies, the next start removes it.
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Context } from '../context.ts'
import { interrupted } from './import-result.ts'
import { stagingFolder } from './left-over.ts'

export interface ReceivedFile extends Disposable {
  path: string
}

/** Writes a stream down; dispose removes it. Throws AppError interrupted when the signal comes first. */
export async function receiveFile(ctx: Context, source: Readable, signal?: AbortSignal): Promise<ReceivedFile> {
  const folder = stagingFolder(ctx)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${await ctx.node.id()}-${randomBytes(6).toString('hex')}.csv`)
  const remove = () => rmSync(path, { force: true })
  try {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }), { ...(signal && { signal }) })
  } catch (error) {
    remove()
    throw signal?.aborted ? interrupted() : error
  }
  return { path, [Symbol.dispose]: remove }
}

// Uploads: a stream of bytes becomes a file of a random name beside the database, readable by nobody else. Nothing of a
// file is held in memory, whatever its size; one that nobody imported is deleted after a day.
import { randomBytes } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../domain/errors.ts'
import { formatId } from '../domain/ids.ts'
import { DAY_MS } from '../domain/time-zone.ts'
import { deleteUploadRow, getUpload, insertUpload, listUploadsBefore, type UploadRow } from '../store/uploads.ts'
import type { Context } from './context.ts'

/** Largest file: some fifty million lines. */
export const UPLOAD_BYTES_MAX = 4 * 1024 ** 3
const KEPT_MS = DAY_MS
/** A sender of less than this is given up. */
const BYTES_PER_SECOND_MIN = 1_000
const PATIENCE_MS = 30_000

export interface UploadView {
  id: string
  fileName: string
  bytes: number
}

/** Throws AppError request.too_large, request.too_slow; nothing is left behind then. */
export async function storeUpload(
  ctx: Context,
  { userId, fileName }: { userId: number; fileName: string },
  stream: AsyncIterable<Uint8Array>,
): Promise<UploadView> {
  const folder = join(ctx.dataDir, 'uploads')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomBytes(16).toString('hex'))
  try {
    const bytes = await writeStream(ctx, path, stream)
    const name = shownName(fileName)
    const id = await ctx.db.write((tx) =>
      insertUpload(tx, { userId, fileName: name, path, bytes, createdAt: ctx.clock.now() }),
    )
    return { id: formatId('upload', id), fileName: name, bytes }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** A name to show, never a path to open. */
function shownName(fileName: string): string {
  const last = fileName.split(/[\\/]/).at(-1) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return last.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 200) || 'upload.csv'
}

async function writeStream(ctx: Context, path: string, stream: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  const startedAt = ctx.clock.now()
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > UPLOAD_BYTES_MAX)
        throw new AppError('request.too_large', `a file may have ${UPLOAD_BYTES_MAX} bytes`, {
          hint: 'Split the file.',
        })
      const elapsedMs = ctx.clock.now() - startedAt
      if (elapsedMs > PATIENCE_MS && (bytes / elapsedMs) * 1000 < BYTES_PER_SECOND_MIN)
        throw new AppError('request.too_slow', 'the file comes too slowly', { hint: 'Try again on a better line.' })
      await file.write(chunk)
    }
  } finally {
    await file.close()
  }
  return bytes
}

export function findUpload(ctx: Context, id: string, userId: number): Promise<UploadRow> {
  return ctx.db.read((tx) => getUpload(tx, id, userId))
}

export async function deleteUpload(ctx: Context, upload: UploadRow): Promise<void> {
  await rm(upload.path, { force: true })
  await rm(rejectsPathOf(upload), { force: true })
  await ctx.db.write((tx) => deleteUploadRow(tx, upload.id))
}

/** Where the rejected lines of an upload go. */
export function rejectsPathOf(upload: Pick<UploadRow, 'path'>): string {
  return `${upload.path}-rejects.csv`
}

/** Uploads that nobody came back for. */
export async function deleteOldUploads(ctx: Context): Promise<void> {
  const old = await ctx.db.read((tx) => listUploadsBefore(tx, ctx.clock.now() - KEPT_MS))
  for (const upload of old) await deleteUpload(ctx, upload)
}

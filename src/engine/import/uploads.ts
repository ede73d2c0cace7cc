// Uploads: a stream of bytes becomes a file of a random name beside the database, readable by nobody else. Nothing of a
// file is held in memory, whatever its size; one that nobody imported is deleted after a day.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { type PersonTrace, traceable } from '../../domain/person-trace.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import {
  deleteUploadRow,
  getUpload,
  insertUpload,
  listAllUploads,
  listUploadPaths,
  listUploads,
  listUploadsBefore,
  type UploadRow,
} from '../../store/uploads.ts'
import type { Context } from '../context.ts'
import { type ByteScan, ByteScanner } from './encoding.ts'
import { type Inspection, inspectForMapping, type MappingOptions } from './inspection.ts'
import { isZip, openKeptTable } from './table-file.ts'

/** Largest file: some fifty million lines. */
export const UPLOAD_BYTES_MAX = 4 * 1024 ** 3
const KEPT_MS = DAY_MS
/** Uploads of one user that wait: more of them would only fill the disk. */
const WAITING_MAX = 20
/** A sender of less than this is given up, and one that says nothing for so long. */
const BYTES_PER_SECOND_MIN = 1_000
const PATIENCE_MS = 30_000
/** Written and looked at in pieces of this size. */
const BLOCK_BYTES = 1024 * 1024

export interface UploadView {
  id: string
  fileName: string
  bytes: number
  createdAt: string
}

/** What was seen of the bytes while they came; after a restart they are read again. */
const scansByContext = new WeakMap<Context, Map<string, ByteScan>>()

/** Throws AppError request.too_large, request.too_slow, upload.too_many; nothing is left behind then. */
export async function storeUpload(
  ctx: Context,
  { userId, fileName }: { userId: number; fileName: string },
  stream: AsyncIterable<Uint8Array>,
): Promise<UploadView> {
  if ((await ctx.db.read((tx) => listUploads(tx, userId))).length >= WAITING_MAX)
    throw new AppError('upload.too_many', `${WAITING_MAX} uploads of yours wait to be imported`, {
      hint: 'Import or delete one of them first.',
    })
  const folder = join(ctx.dataDir, 'uploads')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomBytes(16).toString('hex'))
  try {
    const { bytes, scan } = await writeStream(path, stream)
    const name = shownName(fileName)
    const createdAt = ctx.clock.now()
    const id = await ctx.db.write((tx) => insertUpload(tx, { userId, fileName: name, path, bytes, createdAt }))
    scansOf(ctx).set(path, scan)
    return { id: formatId('upload', id), fileName: name, bytes, createdAt: formatInstant(createdAt) }
  } catch (error) {
    await rm(path, { force: true })
    throw storageFault(error)
  }
}

function scansOf(ctx: Context): Map<string, ByteScan> {
  const known = scansByContext.get(ctx) ?? new Map<string, ByteScan>()
  scansByContext.set(ctx, known)
  return known
}

function storageFault(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') return error
  return new AppError('db.full', 'the disk is full', { hint: 'Free some space; nothing was lost.', cause: error })
}

/** A name to show, never a path to open. */
function shownName(fileName: string): string {
  const last = fileName.split(/[\\/]/).at(-1) ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return last.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 200) || 'upload.csv'
}

async function writeStream(
  path: string,
  stream: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; scan: ByteScan }> {
  const file = await open(path, 'wx', 0o600)
  const scanner = new ByteScanner()
  let bytes = 0
  try {
    for await (const block of blocksOf(stream)) {
      bytes += block.length
      if (bytes > UPLOAD_BYTES_MAX)
        throw new AppError('request.too_large', `a file may have ${UPLOAD_BYTES_MAX} bytes`, {
          hint: 'Split the file.',
        })
      scanner.add(block)
      await writeAll(file, block)
    }
  } finally {
    await file.close()
  }
  return { bytes, scan: scanner.finish() }
}

async function writeAll(file: FileHandle, block: Uint8Array): Promise<void> {
  for (let done = 0; done < block.length; ) done += (await file.write(block, done)).bytesWritten
}

/** The stream in pieces of one size; the piece is used again for the next one. */
async function* blocksOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  let filled = 0
  for await (const chunk of stream)
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, BLOCK_BYTES - filled)
      block.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
      if (filled < BLOCK_BYTES) continue
      yield block
      filled = 0
    }
  if (filled > 0) yield block.subarray(0, filled)
}

/** Gives up a sender that stops or trickles. Throws AppError request.too_slow. */
export async function* withPatience(ctx: Context, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]()
  const startedAt = ctx.clock.now()
  let bytes = 0
  let isDone = false
  try {
    for (;;) {
      const next = await nextWithin(ctx, iterator)
      isDone = next.done === true
      if (next.done) return
      bytes += next.value.length
      const elapsedMs = ctx.clock.now() - startedAt
      if (elapsedMs > PATIENCE_MS && (bytes / elapsedMs) * 1000 < BYTES_PER_SECOND_MIN) throw tooSlow()
      yield next.value
    }
  } finally {
    // One that says nothing does not answer this either.
    if (!isDone) void iterator.return?.()?.catch(() => {})
  }
}

async function nextWithin(
  ctx: Context,
  iterator: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array, unknown>> {
  const patience = new AbortController()
  const next = iterator.next()
  const over = ctx.clock.wait(ctx.clock.now() + PATIENCE_MS, patience.signal).then(() => {
    if (!patience.signal.aborted) throw tooSlow()
    return next
  })
  // Whichever comes second is nobody's.
  over.catch(() => {})
  next.catch(() => {})
  try {
    return await Promise.race([next, over])
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('request.invalid', 'the file broke off on its way', { hint: 'Upload it again.', cause: error })
  } finally {
    patience.abort()
  }
}

function tooSlow(): AppError {
  return new AppError('request.too_slow', 'the file comes too slowly', { hint: 'Try again on a better line.' })
}

export function findUpload(ctx: Context, id: string, userId: number): Promise<UploadRow> {
  return ctx.db.read((tx) => getUpload(tx, id, userId))
}

/** Newest first. */
export async function showUploads(ctx: Context, userId: number): Promise<UploadView[]> {
  const rows = await ctx.db.read((tx) => listUploads(tx, userId))
  return rows.map(viewUpload)
}

export function viewUpload({ id, fileName, bytes, createdAt }: UploadRow): UploadView {
  return { id: formatId('upload', id), fileName, bytes, createdAt: formatInstant(createdAt) }
}

/** What an upload holds, for somebody who decides what its columns are. Throws AppError csv.*. */
export async function inspectUpload(
  ctx: Context,
  upload: UploadRow,
  options: MappingOptions = {},
): Promise<Inspection> {
  const { path, fileName } = upload
  const table = await openKeptTable({ path, fileName, sheet: options.sheet })
  if (table.workbook !== undefined) {
    const inspection = await inspectForMapping(table.path, { ...options, fileName, workbook: table.workbook })
    return { ...inspection, bytes: upload.bytes }
  }
  const scan = scansOf(ctx).get(path)
  return inspectForMapping(path, { ...options, fileName, ...(scan && { scan }) })
}

export async function deleteUpload(ctx: Context, upload: UploadRow): Promise<void> {
  const folder = join(ctx.dataDir, 'uploads')
  for (const name of await readdir(folder).catch(() => []))
    if (name.startsWith(basename(upload.path))) await rm(join(folder, name), { force: true })
  scansOf(ctx).delete(upload.path)
  await ctx.db.write((tx) => deleteUploadRow(tx, upload.id))
}

/** Where the rejected lines go that one reading of an upload finds. */
export function rejectsPathOf(upload: Pick<UploadRow, 'path'>, reading: string): string {
  return `${upload.path}-${reading}.csv`
}

/** Uploads that nobody came back for, and files of uploads that broke off with their process. */
export async function deleteOldUploads(ctx: Context): Promise<void> {
  const before = ctx.clock.now() - KEPT_MS
  for (const upload of await ctx.db.read((tx) => listUploadsBefore(tx, before))) await deleteUpload(ctx, upload)
  const folder = join(ctx.dataDir, 'uploads')
  const known = (await ctx.db.read(listUploadPaths)).map((path) => basename(path))
  for (const name of await readdir(folder).catch(() => [])) {
    if (known.some((upload) => name.startsWith(upload))) continue
    // One that is on its way is not known yet either.
    if ((await stat(join(folder, name))).mtimeMs < before) await rm(join(folder, name), { force: true })
  }
}

/** Deletes every upload in which somebody is named, whoever uploaded it. Returns how many there were. */
export async function eraseUploads(ctx: Context, trace: PersonTrace): Promise<number> {
  let erased = 0
  for (const upload of await ctx.db.read(listAllUploads)) {
    // What a workbook holds nobody sees in its bytes.
    if (!isZip(upload.path) && !(await fileHolds(upload.path, trace))) continue
    await deleteUpload(ctx, upload)
    erased++
  }
  return erased
}

/** In whatever encoding: the digits of each are those of ASCII, with zero bytes between them at most. */
async function fileHolds(path: string, trace: PersonTrace): Promise<boolean> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: BLOCK_BYTES }) as AsyncIterable<Buffer>) {
      text += traceable(decoder.decode(chunk, { stream: true }), trace)
      if (text.includes(trace.text)) return true
      text = text.slice(1 - trace.text.length)
    }
  } catch (error) {
    // Somebody else deleted it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return false
}

// Uploads: a stream of bytes becomes a file of a random name beside the database, readable by nobody else. Nothing of a
// file is held in memory, whatever its size; one that nobody imported is deleted after a day.
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { withoutUnnameables } from '../../domain/name.ts'
import { type PersonTrace, traceable } from '../../domain/person-trace.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import { tooMany } from '../../runtime/allowance.ts'
import { Places } from '../../runtime/places.ts'
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
/** Bytes of one user's files that wait. */
export const WAITING_BYTES_MAX = 8 * 1024 ** 3
/** Left free for the database: an upload never fills the disk. */
const FREE_BYTES_MIN = 512 * 1024 ** 2
/** Files on their way at once, of one user and of all: each has a block in memory. */
const ON_THEIR_WAY = { max: 32, maxOfOne: 4 }
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

/** Throws AppError request.too_large, request.too_slow, request.too_many, upload.too_many, db.full; nothing is left behind then. */
export async function storeUpload(
  ctx: Context,
  { userId, fileName }: { userId: number; fileName: string },
  stream: AsyncIterable<Uint8Array>,
): Promise<UploadView> {
  const caller = `user ${userId}`
  if (!placesOf(ctx).take(caller)) throw tooMany(`${ON_THEIR_WAY.maxOfOne} files of yours are on their way`, 5)
  try {
    return await storeOne(ctx, { userId, fileName }, stream)
  } finally {
    placesOf(ctx).give(caller)
  }
}

/** How many bytes more may wait. Throws AppError upload.too_many. */
async function roomFor(ctx: Context, userId: number): Promise<number> {
  const waiting = await ctx.db.read((tx) => listUploads(tx, userId))
  const hint = 'Import or delete one of them first.'
  if (waiting.length >= WAITING_MAX)
    throw new AppError('upload.too_many', `${WAITING_MAX} uploads of yours wait to be imported`, { hint })
  const room = WAITING_BYTES_MAX - waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  if (room <= 0)
    throw new AppError('upload.too_many', `uploads of yours with ${WAITING_BYTES_MAX} bytes wait to be imported`, {
      hint,
    })
  return Math.min(room, UPLOAD_BYTES_MAX)
}

async function storeOne(
  ctx: Context,
  { userId, fileName }: { userId: number; fileName: string },
  stream: AsyncIterable<Uint8Array>,
): Promise<UploadView> {
  const bytesMax = await roomFor(ctx, userId)
  const folder = join(ctx.db.filesFolder, 'uploads')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomBytes(16).toString('hex'))
  try {
    const { bytes, scan } = await writeStream(path, stream, bytesMax)
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

/** Throws AppError db.full. */
async function refuseFullDisk(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path))
  if (bavail * bsize >= FREE_BYTES_MIN) return
  throw new AppError('db.full', 'the disk has less than 512 MiB left: no file is taken', {
    hint: 'Free some space; nothing was lost.',
  })
}

const placesByContext = new WeakMap<Context, Places>()

function placesOf(ctx: Context): Places {
  const places = placesByContext.get(ctx) ?? new Places(ON_THEIR_WAY)
  placesByContext.set(ctx, places)
  return places
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
  return withoutUnnameables(last.slice(0, 200)) || 'upload.csv'
}

async function writeStream(
  path: string,
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<{ bytes: number; scan: ByteScan }> {
  const file = await open(path, 'wx', 0o600)
  const scanner = new ByteScanner()
  let bytes = 0
  try {
    for await (const block of blocksOf(stream)) {
      bytes += block.length
      if (bytes > bytesMax)
        throw new AppError('request.too_large', `a file may have ${bytesMax} bytes`, {
          hint: 'Split the file, or delete uploads of yours that wait.',
        })
      await refuseFullDisk(path)
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

export async function findUpload(ctx: Context, id: string, userId: number): Promise<UploadRow> {
  return placed(ctx, await ctx.db.read((tx) => getUpload(tx, id, userId)))
}

/** Throws AppError upload.not_found for a file that this machine does not see: another one may have taken it. */
export function refuseUnseen({ id, path, fileName }: UploadRow): void {
  if (existsSync(path)) return
  throw new AppError(
    'upload.not_found',
    `there is no file ${fileName} of upload "${formatId('upload', id)}" on this machine`,
    {
      hint: 'Upload it again. Where several machines share a database, set HERALD_FILES_FOLDER to a folder that all of them share.',
    },
  )
}

/** Machines may know the folder that they share by other paths. */
function placed<T extends Pick<UploadRow, 'path'>>(ctx: Context, upload: T): T {
  return { ...upload, path: join(ctx.db.filesFolder, 'uploads', basename(upload.path)) }
}

/** Names of uploads whose files this machine does not see, of how many. */
export async function listUnseenUploads(ctx: Context): Promise<{ unseen: string[]; all: number }> {
  const all = await ctx.db.read(listAllUploads)
  const unseen = all.filter((upload) => !existsSync(placed(ctx, upload).path))
  return { unseen: unseen.map(({ id }) => formatId('upload', id)), all: all.length }
}

/** Newest first. */
export async function showUploads(ctx: Context, userId: number): Promise<UploadView[]> {
  const rows = await ctx.db.read((tx) => listUploads(tx, userId))
  return rows.map(viewUpload)
}

export function viewUpload({ id, fileName, bytes, createdAt }: UploadRow): UploadView {
  return { id: formatId('upload', id), fileName, bytes, createdAt: formatInstant(createdAt) }
}

/** What an upload holds, for the user who decides what its columns are. Throws AppError csv.*, upload.not_found. */
export async function inspectUpload(
  ctx: Context,
  upload: UploadRow,
  options: MappingOptions = {},
): Promise<Inspection> {
  refuseUnseen(upload)
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
  const folder = join(ctx.db.filesFolder, 'uploads')
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
  const folder = join(ctx.db.filesFolder, 'uploads')
  if (!existsSync(folder)) return
  const known = (await ctx.db.read(listUploadPaths)).map((path) => basename(path))
  for (const name of await readdir(folder).catch(() => [])) {
    if (known.some((upload) => name.startsWith(upload))) continue
    // One that is on its way is not known yet either.
    if ((await stat(join(folder, name))).mtimeMs < before) await rm(join(folder, name), { force: true })
  }
}

/** Deletes every upload that names the person, of all users. Returns how many there were. */
export async function eraseUploads(ctx: Context, trace: PersonTrace): Promise<number> {
  let erased = 0
  for (const row of await ctx.db.read(listAllUploads)) {
    const upload = placed(ctx, row)
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
    // It was deleted meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return false
}

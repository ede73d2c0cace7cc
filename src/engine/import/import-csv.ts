// A CSV file → contacts of a list.
// Reads the file; writes a staging file, then contacts, memberships, rejects and before-images in chunks, and in one
// small transaction that the import is applied. Safe to kill: staging leaves nothing; applying is rolled forward at the
// next start, and until then the list can be neither planned nor shown.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError, type ErrorCode, type RejectCode } from '../../domain/errors.ts'
import { rejectHint } from '../../domain/phone.ts'
import { listErasedHashes } from '../../store/contacts.ts'
import {
  applyChunk,
  countBuckets,
  countLeavers,
  findAppliedImport,
  finishImport,
  getImport,
  type ImportRow,
  insertImport,
  type KnownBuckets,
  listRejects,
  listUnfinishedImports,
  removeLeavers,
  storeRejects,
  suppressDenied,
} from '../../store/imports.ts'
import { addListFields, checkListIsFree, countMembers, ensureList, findList, getList } from '../../store/lists.ts'
import { dropStaging, stagedCells } from '../../store/staging.ts'
import type { Context, OnProgress } from '../context.ts'
import { CsvFile } from '../csv-file.ts'
import { type FileFacts, inspectFile } from './inspect-file.ts'
import { type DateOrder, type Staged, type StageOptions, stageCsv } from './stage-csv.ts'
import type { StageMessage } from './stage-worker.ts'

/** Files up to this size are staged in this thread: starting another one takes longer than reading them. */
const INLINE_BYTES = 256 * 1024
/** People applied in one transaction at first; adapted to how long they take. */
const CHUNK_START = 500
const CHUNK_MIN = 100
const CHUNK_MAX = 10_000
const CHUNK_AIM_MS = 12
/** Share of rejected lines above which a file is refused. */
const REJECTED_SHARE_MAX = 0.25
/** Share of a list that replace mode may remove without confirmation. */
const LEAVERS_SHARE_MAX = 0.2

export interface ImportOptions {
  path: string
  list: string
  /** Shown instead of the path: an upload, standard input. */
  fileName?: string
  mapping?: Readonly<Record<string, string>>
  mode?: 'upsert' | 'replace'
  onDuplicate?: 'first' | 'last'
  defaultCountry?: string
  isInternational?: boolean
  rejectLandline?: boolean
  overwriteBlanks?: boolean
  dateOrder?: DateOrder
  encoding?: string
  hasNoHeader?: boolean
  isDryRun?: boolean
  isForced?: boolean
  /** Where rejected lines go; undefined for a name beside the file, null for nowhere. */
  rejectsPath?: string | null
  onInspected?: (file: FileFacts) => void
  onProgress?: OnProgress
  /** Whether messages are being sent meanwhile. */
  isSending?: () => boolean
  signal?: AbortSignal
}

export interface ImportResult {
  importId: string | null
  list: string
  rows: number
  added: number
  updated: number
  unchanged: number
  duplicates: number
  suppressed: number
  rejected: number
  rejectsFile: string | null
  encoding: string
  delimiter: string
  columns: { name: string; field: string | null }[]
  warnings: Record<string, number>
  notes: string[]
  alreadyImported?: true
  /** When the same file was imported before. */
  importedAt?: string
  dryRun?: true
}

/** Imports a file. Throws AppError csv.*, file.*, list.busy, import.removes_too_many. */
export async function importCsv(ctx: Context, options: ImportOptions): Promise<ImportResult> {
  checkListName(options.list)
  const file = await inspectFile(options.path, inspectOptions(options))
  options.onInspected?.(file)
  const fingerprint = fingerprintOf(file, options)
  const known = await ctx.db.read((tx) => findAppliedImport(tx, fingerprint))
  if (known !== undefined && !options.isForced) return alreadyImported(known, file, options.list)
  const work = new ImportWork(ctx, options, file, fingerprint)
  return work.run()
}

function checkListName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u.test(name)) return
  throw new AppError('list.name_invalid', `"${name.slice(0, 60)}" is no list name`, {
    hint: 'Use 1 to 100 letters, digits, spaces, dots, - and _.',
  })
}

function inspectOptions(options: ImportOptions) {
  const { fileName, mapping, encoding, hasNoHeader, defaultCountry } = options
  return {
    ...(fileName !== undefined && { fileName }),
    ...(mapping && { mapping }),
    ...(encoding !== undefined && { encoding }),
    ...(hasNoHeader && { hasNoHeader }),
    ...(defaultCountry !== undefined && { defaultCountry }),
  }
}

/** The same bytes, read the same way, into the same list. */
function fingerprintOf(file: FileFacts, options: ImportOptions): string {
  const { list, mode, onDuplicate, defaultCountry, isInternational, rejectLandline, overwriteBlanks, dateOrder } =
    options
  const reading = {
    columns: file.columns,
    encoding: file.encoding,
    list,
    mode,
    onDuplicate,
    defaultCountry,
    isInternational,
    rejectLandline,
    overwriteBlanks,
    dateOrder,
  }
  return createHash('sha256').update(file.sha256).update(JSON.stringify(reading)).digest('hex')
}

function alreadyImported(known: ImportRow, file: FileFacts, list: string): ImportResult {
  return {
    ...emptyResult(file, list),
    importId: `imp_${known.id}`,
    rows: known.rows,
    unchanged: known.added + known.updated + known.unchanged,
    duplicates: known.duplicates,
    suppressed: known.suppressed,
    rejected: known.rejected,
    alreadyImported: true,
    importedAt: new Date(known.appliedAt ?? known.createdAt).toISOString(),
  }
}

function emptyResult(file: FileFacts, list: string): ImportResult {
  return {
    importId: null,
    list,
    rows: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    suppressed: 0,
    rejected: 0,
    rejectsFile: null,
    encoding: file.encoding,
    delimiter: file.delimiter,
    columns: file.columns.map(({ name, field }) => ({ name, field })),
    warnings: {},
    notes: file.notes,
  }
}

/** One import on its way. */
class ImportWork {
  readonly #ctx: Context
  readonly #options: ImportOptions
  readonly #file: FileFacts
  readonly #fingerprint: string

  constructor(ctx: Context, options: ImportOptions, file: FileFacts, fingerprint: string) {
    this.#ctx = ctx
    this.#options = options
    this.#file = file
    this.#fingerprint = fingerprint
  }

  async run(): Promise<ImportResult> {
    const nodeId = await this.#ctx.node.id()
    const stagingPath = join(stagingFolder(this.#ctx), `${nodeId}-${randomBytes(6).toString('hex')}.db`)
    const staged = await this.#stage(stagingPath)
    let isHandedOver = false
    try {
      // One import at a time has its staging file attached; the others wait here.
      await using _staging = await this.#ctx.db.attachStaging(stagingPath)
      const preview = await this.#preview(staged)
      const tooMany = staged.rows > 0 && staged.rejected / staged.rows > REJECTED_SHARE_MAX
      const rejectsFile = staged.rejected > 0 ? await this.#writeRejects(stagingPath) : null
      const result = { ...preview, rejectsFile }
      if (tooMany && !this.#options.isForced) throw tooManyRejects(result, staged)
      if (this.#options.isDryRun) return { ...result, dryRun: true }
      await this.#checkLeavers()
      const row = await this.#begin(staged, stagingPath, nodeId)
      isHandedOver = true
      await applyImport(this.#ctx, row, this.#options)
      const applied = await this.#ctx.db.read((tx) => getImport(tx, row.id))
      return {
        ...result,
        importId: `imp_${row.id}`,
        added: applied.added,
        updated: applied.updated,
        unchanged: applied.unchanged,
        suppressed: applied.suppressed,
      }
    } finally {
      if (!isHandedOver) dropStaging(stagingPath)
    }
  }

  async #stage(stagingPath: string): Promise<Staged> {
    const {
      onDuplicate = 'first',
      defaultCountry,
      isInternational,
      rejectLandline,
      overwriteBlanks,
      dateOrder,
      onProgress,
    } = this.#options
    const options: StageOptions = {
      file: this.#file,
      stagingPath,
      onDuplicate,
      ...(defaultCountry && { defaultCountry }),
      ...(isInternational && { isInternational }),
      ...(rejectLandline && { rejectLandline }),
      ...(overwriteBlanks && { overwriteBlanks }),
      ...(dateOrder && { dateOrder }),
      ...(await this.#erasedPeople()),
    }
    const tell = (bytes: number) => onProgress?.({ done: bytes, total: this.#file.bytes, what: 'bytes read' })
    return this.#file.bytes <= INLINE_BYTES
      ? stageCsv(options, tell)
      : stageInThread(options, tell, this.#options.signal)
  }

  /** What the staging needs to know people by whose data were erased. */
  async #erasedPeople(): Promise<Pick<StageOptions, 'erased'>> {
    const hashes = await this.#ctx.db.read(listErasedHashes)
    return hashes.length === 0 ? {} : { erased: { hashKey: this.#ctx.secrets.hashKey(), hashes } }
  }

  /** The buckets as they would come out now. */
  async #preview(staged: Staged): Promise<ImportResult> {
    const list = await this.#ctx.db.read((tx) => findList(tx, this.#options.list))
    const buckets = await sumBuckets(this.#ctx, list?.id ?? null, staged.people)
    return {
      ...emptyResult(this.#file, this.#options.list),
      rows: staged.rows,
      ...buckets,
      suppressed: buckets.suppressed + staged.erased,
      duplicates: staged.duplicates,
      rejected: staged.rejected,
      warnings: this.#warnings(staged, buckets),
    }
  }

  /** A status column never lifts a suppression; people should know that it was not read. */
  #warnings(staged: Staged, buckets: KnownBuckets): Record<string, number> {
    const hasStatus = this.#file.columns.some((column) => column.field === 'status' || column.field === 'subscribed')
    return hasStatus && buckets.suppressed > 0
      ? { ...staged.warnings, status_ignored: buckets.suppressed }
      : staged.warnings
  }

  async #checkLeavers(): Promise<void> {
    if (this.#options.mode !== 'replace' || this.#options.isForced) return
    const { members, leavers } = await this.#ctx.db.read(async (tx) => {
      const list = await findList(tx, this.#options.list)
      return list === undefined
        ? { members: 0, leavers: 0 }
        : { members: await countMembers(tx, list.id), leavers: await countLeavers(tx, list.id) }
    })
    if (leavers <= members * LEAVERS_SHARE_MAX) return
    throw new AppError(
      'import.removes_too_many',
      `replacing the list "${this.#options.list}" would remove ${leavers} of its ${members} members`,
      {
        hint: 'Check the file, then confirm with --force.',
        details: { members, leavers },
      },
    )
  }

  async #begin(staged: Staged, stagingPath: string, nodeId: number): Promise<ImportRow> {
    return this.#ctx.db.write(async (tx) => {
      const now = this.#ctx.clock.now()
      const list = await ensureList(tx, this.#options.list, now)
      await checkListIsFree(tx, list)
      const id = await insertImport(tx, {
        listId: list.id,
        status: 'applying',
        fileName: this.#file.fileName,
        fingerprint: this.#fingerprint,
        encoding: this.#file.encoding,
        delimiter: this.#file.delimiter,
        options: { mode: this.#options.mode ?? 'upsert', columns: this.#file.columns },
        stagingPath,
        rows: staged.rows,
        duplicates: staged.duplicates,
        rejected: staged.rejected,
        suppressed: staged.erased,
        people: staged.people,
        warnings: staged.warnings,
        nodeId,
        createdAt: now,
      })
      return getImport(tx, id)
    })
  }

  async #writeRejects(stagingPath: string): Promise<string | null> {
    const { rejectsPath, isForced, isDryRun } = this.#options
    if (rejectsPath === null || (rejectsPath === undefined && isDryRun)) return null
    const path = rejectsPath ?? freeName(this.#options.path, this.#file.fileName)
    await using target = await CsvFile.create(path, { isForced: isForced ?? false })
    await target.add([...this.#file.columns.map((column) => column.name), ...rejectColumns])
    for (const reject of stagedCells(stagingPath)) await target.add(rejectCells(reject, this.#file.columns.length))
    await target.finish()
    return path
  }
}

/** Columns that a rejects file has beside the original ones; an import leaves them out. */
export const rejectColumns = ['herald_line', 'herald_code', 'herald_hint'] as const

/** The original cells with line, code and hint; a line with other fields than the header is filled up or kept long. */
export function rejectCells(
  reject: { line: number; code: string; detail: string; cells: string[] },
  columns: number,
): (string | number)[] {
  const cells = [...reject.cells.slice(0, columns)]
  while (cells.length < columns) cells.push('')
  const hint = rejectHint(reject.code as RejectCode)
  return [...cells, reject.line, reject.code, `${reject.detail}. ${hint}`]
}

/** contacts.csv → contacts.rejects.csv, contacts.rejects-2.csv … beside it. */
function freeName(path: string, fileName: string): string {
  const isPiped = basename(path) !== fileName
  const base = isPiped ? basename(fileName, extname(fileName)) : path.slice(0, path.length - extname(path).length)
  for (let n = 1; ; n++) {
    const name = `${base}.rejects${n === 1 ? '' : `-${n}`}.csv`
    if (!existsSync(name)) return name
  }
}

function tooManyRejects(result: ImportResult, staged: Staged): AppError {
  const share = Math.round((staged.rejected / staged.rows) * 100)
  const [first] = staged.examples
  return new AppError(
    'csv.too_many_rejects',
    `${staged.rejected} of ${staged.rows} lines (${share} %) are rejected, first line ${first?.line}: ${first?.code}; nothing was imported`,
    {
      hint: 'Mend the file, or import the good lines with --force.',
      details: {
        ...result,
        examples: staged.examples.map(({ line, column, code, detail }) => ({ line, column, code, detail })),
      },
    },
  )
}

async function sumBuckets(ctx: Context, listId: number | null, people: number): Promise<KnownBuckets> {
  const sum: KnownBuckets = { added: 0, updated: 0, unchanged: 0, suppressed: 0 }
  for (let after = 0; after < people; after += CHUNK_MAX) {
    const buckets = await ctx.db.read((tx) => countBuckets(tx, listId, { after, through: after + CHUNK_MAX }))
    for (const key of Object.keys(sum) as (keyof KnownBuckets)[]) sum[key] += buckets[key]
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sum
}

export function stagingFolder(ctx: Context): string {
  return join(ctx.dataDir, 'staging')
}

type ApplyOptions = Pick<ImportOptions, 'onProgress' | 'isSending'>

/** Applies what is staged, from the import's mark on, and makes it visible. The staging file is attached. */
async function applyImport(ctx: Context, row: ImportRow, options: ApplyOptions): Promise<void> {
  await applyPeople(ctx, row, row.people, options)
  for (let line: number | undefined = 0; line !== undefined; ) {
    const after: number = line
    line = await ctx.db.write((tx) => storeRejects(tx, row.id, after, 1000))
  }
  const { mode, columns } = row.options as { mode: string; columns: FileFacts['columns'] }
  while (mode === 'replace' && (await ctx.db.write((tx) => removeLeavers(tx, row, CHUNK_START))) > 0);
  await ctx.db.write(async (tx) => {
    const fields = columns.flatMap(({ field }) =>
      field === null || ['phone', 'zone', 'consent'].includes(field) ? [] : [field],
    )
    await addListFields(tx, await getList(tx, row.listId), fields)
    await finishImport(tx, row.id, { status: 'applied', appliedAt: ctx.clock.now(), stagingPath: null })
  })
  if (row.stagingPath !== null) dropStaging(row.stagingPath)
}

async function applyPeople(ctx: Context, row: ImportRow, people: number, options: ApplyOptions): Promise<void> {
  let size = CHUNK_START
  for (let after = row.appliedThrough; after < people; ) {
    const range = { after, through: Math.min(people, after + size) }
    const startedAt = ctx.clock.monotonic()
    const buckets = await ctx.db.write(async (tx) => {
      const now = ctx.clock.now()
      const applied = await applyChunk(tx, row, range, now)
      if (applied !== undefined) await suppressDenied(tx, row, range, now)
      return applied
    })
    if (buckets === undefined)
      throw new AppError('list.busy', `import imp_${row.id} is being applied by another process`)
    after = range.through
    options.onProgress?.({ done: after, total: people, what: 'people applied' })
    const tookMs = ctx.clock.monotonic() - startedAt
    size = Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, Math.round(size * Math.min(2, CHUNK_AIM_MS / Math.max(1, tookMs)))))
    if (options.isSending?.()) await ctx.clock.wait(ctx.clock.now() + tookMs)
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Finishes imports whose process died while applying, and removes staging files that nobody owns. */
export async function recoverImports(ctx: Context): Promise<number> {
  const unfinished = await ctx.db.read(listUnfinishedImports)
  let recovered = 0
  for (const row of unfinished) {
    if (row.status !== 'applying' || row.stagingPath === null || !ctx.db.isNodeGone(row.nodeId)) continue
    ctx.log.info({ import: row.id }, `import imp_${row.id} was interrupted and is continued`)
    await using _staging = await ctx.db.attachStaging(row.stagingPath)
    await applyImport(ctx, row, {})
    recovered++
  }
  dropOrphans(ctx, new Set(unfinished.flatMap((row) => row.stagingPath ?? [])))
  return recovered
}

function dropOrphans(ctx: Context, wanted: Set<string>): void {
  const folder = stagingFolder(ctx)
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name)
    const owner = Number(/^(\d+)-[0-9a-f]+\.db$/.exec(name)?.[1])
    if (owner > 0 && !wanted.has(path) && ctx.db.isNodeGone(owner)) dropStaging(path)
  }
}

/** Staging in another thread; an abort ends the thread and its file. */
function stageInThread(
  options: StageOptions,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Staged> {
  const url = new URL(import.meta.url.endsWith('.ts') ? './stage-worker.ts' : './stage-worker.js', import.meta.url)
  const worker = new Worker(url, {
    workerData: options,
    ...(url.pathname.endsWith('.ts') && { execArgv: ['--import', 'tsx'] }),
  })
  const stop = () => void worker.terminate()
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise<Staged>((resolve, reject) => {
    worker.on('message', (message: StageMessage) => {
      if ('bytes' in message) onBytes(message.bytes)
      else if ('staged' in message) resolve(message.staged)
      else reject(errorOfThread(message.error))
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      dropUnfinished(options.stagingPath, signal)
      reject(new AppError('interrupted', 'the import was interrupted; nothing was imported'))
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function dropUnfinished(stagingPath: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) dropStaging(stagingPath)
}

function errorOfThread(error: { code?: string; message: string; hint?: string }): Error {
  if (error.code === undefined) return new Error(error.message)
  return new AppError(error.code as ErrorCode, error.message, error.hint === undefined ? {} : { hint: error.hint })
}

/** The rejected lines of an applied import as a file that can be mended and imported alone. */
export async function writeRejectsFile(
  ctx: Context,
  idText: string,
  path: string,
  isForced: boolean,
): Promise<{ path: string; rejected: number }> {
  const row = await ctx.db.read((tx) => getImport(tx, idText))
  const { columns } = row.options as { columns: FileFacts['columns'] }
  await using target = await CsvFile.create(path, { isForced })
  await target.add([...columns.map((column) => column.name), ...rejectColumns])
  let rejected = 0
  for (let line = 0; ; ) {
    const rejects = await ctx.db.read((tx) => listRejects(tx, row.id, line, 1000))
    if (rejects.length === 0) break
    for (const reject of rejects) await target.add(rejectCells(reject, columns.length))
    rejected += rejects.length
    line = rejects.at(-1)?.line ?? line
  }
  await target.finish()
  return { path, rejected }
}

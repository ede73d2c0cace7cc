// A CSV file → contacts of a list.
// Reads the file; writes a staging file, then contacts, memberships, rejects and before-images in chunks, and in one
// small transaction that the import is applied. Safe to kill: staging leaves nothing; applying is rolled forward at the
// next start, and until then the list can be neither planned nor shown.
import { createHash, randomBytes } from 'node:crypto'
import { basename, join, resolve } from 'node:path'
import type { DateOrder } from '../../domain/date-order.ts'
import { AppError } from '../../domain/errors.ts'
import { listNameProblem, plainName } from '../../domain/name.ts'
import { countErased, listErasedHashes } from '../../store/contacts.ts'
import {
  countLeavers,
  findAppliedImport,
  getImport,
  type ImportRow,
  insertImport,
  type KnownBuckets,
} from '../../store/imports.ts'
import { checkListIsFree, ensureList, findListNamed, getList, lockList } from '../../store/lists.ts'
import { dropStaging, stagedCells } from '../../store/staging.ts'
import type { Context, OnProgress } from '../context.ts'
import { alone, applyImport, recoverImports } from './apply-import.ts'
import { BucketLook } from './bucket-look.ts'
import { cellForms } from './cell-forms.ts'
import { alreadyImported, emptyResult, type ImportResult, interrupted, tooManyRejects } from './import-result.ts'
import { type FileFacts, inspectFile } from './inspect-file.ts'
import { stagingFolder } from './left-over.ts'
import { freeName, RejectsFile } from './rejects-file.ts'
import { type Staged, type StageOptions, type StagePoint, stageCsv } from './stage-csv.ts'
import { stageInThread } from './stage-thread.ts'
import { openTable } from './table-file.ts'

/** Files up to this size are staged in this thread: starting another one takes longer than reading them. */
const INLINE_BYTES = 256 * 1024
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
  /** The phone column holds ids of groups. */
  isGroups?: boolean
  overwriteBlanks?: boolean
  /** A line with fewer cells than the header is rejected instead of filled. */
  strictColumns?: boolean
  dateOrder?: DateOrder
  /** Forms in which the file writes dates and numbers: `DD.MM.YYYY`, of a column `since=DD.MM.YYYY`, `spent=1.234,56`. */
  dates?: string
  numbers?: string
  encoding?: string
  /** Of a workbook; the first one when none is named. */
  sheet?: string
  hasNoHeader?: boolean
  isDryRun?: boolean
  /** How many people of each bucket to show. */
  sampleSize?: number
  isForced?: boolean
  /** Where rejected lines go; undefined for a name beside the file, null for nowhere. */
  rejectsPath?: string | null
  onInspected?: (file: FileFacts) => void
  onProgress?: OnProgress
  /** Whether messages are being sent meanwhile. */
  isSending?: () => boolean
  /** Ends it while nothing is stored; what is being stored is finished. */
  signal?: AbortSignal
  /** Ends it at once; what is being stored is finished by the next start. */
  closing?: AbortSignal
}

/** Imports a file. Throws AppError csv.*, file.*, list.busy, import.removes_too_many. */
export async function importCsv(ctx: Context, options: ImportOptions): Promise<ImportResult> {
  const list = await readListName(ctx, options.list)
  // One that was interrupted would keep its list busy.
  await recoverImports(ctx, options.closing ? { closing: options.closing } : {})
  const { path, sheet, signal } = options
  const fileName = options.fileName ?? basename(path)
  using table = await openTable(ctx, { path, fileName, sheet, signal })
  const file = await inspectFile(table.path, {
    ...inspectOptions(options),
    fileName,
    ...(table.workbook && { workbook: table.workbook }),
  })
  options.onInspected?.(file)
  cellForms(file.columns, options)
  const named = { ...options, list }
  const fingerprint = fingerprintOf(file, named)
  const known = await ctx.db.read((tx) => findAppliedImport(tx, fingerprint))
  if (known !== undefined && !options.isForced)
    return { ...alreadyImported(known, file, list), ...(options.isDryRun && { dryRun: true }) }
  const work = new ImportWork(ctx, named, file, fingerprint)
  return await work.run()
}

/** The name as the list has it, or as it will have it. Throws AppError list.name_invalid. */
async function readListName(ctx: Context, given: string): Promise<string> {
  const wrong = listNameProblem(given)
  if (wrong !== undefined) throw new AppError('list.name_invalid', wrong.problem, { hint: wrong.hint })
  const name = plainName(given)
  return (await ctx.db.read((tx) => findListNamed(tx, name)))?.name ?? name
}

function inspectOptions(options: ImportOptions) {
  const { mapping, encoding, hasNoHeader, defaultCountry } = options
  return {
    ...(mapping && { mapping }),
    ...(encoding !== undefined && { encoding }),
    ...(hasNoHeader && { hasNoHeader }),
    ...(defaultCountry !== undefined && { defaultCountry }),
  }
}

/** How the lines of a file were read; kept with an import, so that its rejected lines can be read like it. */
export interface LineReading {
  mode: 'upsert' | 'replace'
  onDuplicate: 'first' | 'last'
  defaultCountry: string | null
  isInternational: boolean
  rejectLandline: boolean
  isGroups: boolean
  overwriteBlanks: boolean
  strictColumns?: true
  dateOrder: DateOrder | null
  dates?: string
  numbers?: string
}

function readingOf(options: ImportOptions): LineReading {
  return {
    mode: options.mode ?? 'upsert',
    onDuplicate: options.onDuplicate ?? 'first',
    defaultCountry: options.defaultCountry ?? null,
    isInternational: options.isInternational ?? false,
    rejectLandline: options.rejectLandline ?? false,
    isGroups: options.isGroups ?? false,
    overwriteBlanks: options.overwriteBlanks ?? false,
    dateOrder: options.dateOrder ?? null,
    // Left out where nothing is declared: imports of earlier versions are known by the rest.
    ...(options.dates && { dates: options.dates }),
    ...(options.numbers && { numbers: options.numbers }),
    ...(options.strictColumns && { strictColumns: true }),
  }
}

/** The same bytes, read the same way, into the same list. */
function fingerprintOf(file: FileFacts, options: ImportOptions): string {
  const { columns, encoding } = file
  const reading = { columns, encoding, list: options.list, ...readingOf(options) }
  return createHash('sha256').update(file.sha256).update(JSON.stringify(reading)).digest('hex')
}

/** One import on its way. */
class ImportWork {
  readonly #ctx: Context
  readonly #options: ImportOptions
  readonly #file: FileFacts
  readonly #fingerprint: string
  /** People who were erased when the lines were read. */
  #erased = 0
  /** While the database has the import and the staging file holds its people: what breaks off, the next start continues. */
  #isHandedOver = false

  constructor(ctx: Context, options: ImportOptions, file: FileFacts, fingerprint: string) {
    this.#ctx = ctx
    this.#options = options
    this.#file = file
    this.#fingerprint = fingerprint
  }

  async run(): Promise<ImportResult> {
    const nodeId = await this.#ctx.node.id()
    const stagingPath = join(stagingFolder(this.#ctx), `${nodeId}-${randomBytes(6).toString('hex')}.db`)
    this.#refuseIfStopped()
    try {
      return await this.#attached(await this.#stage(stagingPath), stagingPath, nodeId)
    } finally {
      if (!this.#isHandedOver) await dropStaging(stagingPath)
    }
  }

  async #attached(staged: Staged, stagingPath: string, nodeId: number): Promise<ImportResult> {
    // One import at a time has its staging file attached; the others wait here.
    await using _staging = await this.#ctx.db.attachStaging(stagingPath)
    const preview = await this.#preview(staged)
    this.#refuseIfStopped()
    const rejectsFile = staged.rejected > 0 ? await this.#writeRejects(stagingPath) : null
    const result = { ...preview, rejectsFile }
    if (staged.rejected > staged.rows * REJECTED_SHARE_MAX && !this.#options.isForced) throw tooManyRejects(result)
    if (this.#options.isDryRun) return { ...result, dryRun: true }
    await this.#refuseManyLeavers(result.removed)
    // From here on it is never given up: whatever happens, the whole file becomes visible at once.
    this.#refuseIfStopped()
    const row = await this.#begin(staged, stagingPath, nodeId)
    this.#isHandedOver = true
    await alone(this.#ctx, row.id, () => applyImport(this.#ctx, row, this.#options))
    this.#isHandedOver = false
    const applied = await this.#ctx.db.read((tx) => getImport(tx, row.id))
    return {
      ...result,
      importId: `imp_${row.id}`,
      added: applied.added,
      updated: applied.updated,
      unchanged: applied.unchanged,
      suppressed: applied.suppressed,
    }
  }

  #refuseIfStopped(): void {
    if (this.#options.signal?.aborted) throw interrupted()
  }

  async #stage(stagingPath: string): Promise<Staged> {
    const {
      onDuplicate = 'first',
      defaultCountry,
      isInternational,
      rejectLandline,
      isGroups,
      overwriteBlanks,
      strictColumns,
      dateOrder,
      dates,
      numbers,
      onProgress,
    } = this.#options
    const options: StageOptions = {
      file: this.#file,
      stagingPath,
      onDuplicate,
      ...(defaultCountry && { defaultCountry }),
      ...(isInternational && { isInternational }),
      ...(rejectLandline && { rejectLandline }),
      ...(isGroups && { isGroups }),
      ...(overwriteBlanks && { overwriteBlanks }),
      ...(strictColumns && { strictColumns }),
      ...(dateOrder && { dateOrder }),
      ...(dates && { dates }),
      ...(numbers && { numbers }),
      ...(await this.#erasedPeople()),
    }
    const { bytes: total } = this.#file
    const tell = (point: StagePoint) =>
      onProgress?.('bytes' in point ? { done: point.bytes, total, what: 'bytes read' } : { done: 0, what: 'sorting' })
    return this.#file.bytes <= INLINE_BYTES
      ? stageCsv(options, tell)
      : stageInThread(options, tell, this.#options.signal)
  }

  /** What the staging needs to know people by whose data were erased. */
  async #erasedPeople(): Promise<Pick<StageOptions, 'erased'>> {
    const hashes = await this.#ctx.db.read(listErasedHashes)
    this.#erased = hashes.length
    return hashes.length === 0 ? {} : { erased: { hashKey: this.#ctx.secrets.hashKey(), hashes } }
  }

  /** The buckets as they would come out now. */
  async #preview(staged: Staged): Promise<ImportResult> {
    const { mode, sampleSize = 0 } = this.#options
    const { list, removed } = await this.#ctx.db.read(async (tx) => {
      const found = await findListNamed(tx, this.#options.list)
      const leavers = found === undefined || mode !== 'replace' ? 0 : await countLeavers(tx, found.id)
      return { list: found, removed: leavers }
    })
    const look = new BucketLook(this.#ctx, list?.id ?? null, sampleSize)
    const buckets = await look.run(staged.people, this.#options)
    return {
      ...emptyResult(this.#file, this.#options.list),
      rows: staged.rows,
      lines: staged.lines,
      blankLines: staged.blankLines,
      ...buckets,
      suppressed: buckets.suppressed + staged.erased,
      duplicates: staged.duplicates,
      rejected: staged.rejected,
      removed,
      rejectedBy: staged.rejectedBy,
      examples: staged.examples.map(({ line, column, code, detail }) => ({ line, column, code, detail })),
      repeats: staged.repeats,
      ...(sampleSize > 0 && { samples: look.samples }),
      warnings: this.#warnings(staged, buckets),
      warningLines: staged.warningLines,
      warned: staged.warned,
    }
  }

  /** A status column never lifts a suppression; people should know that it was not read. */
  #warnings(staged: Staged, buckets: KnownBuckets): Record<string, number> {
    const hasStatus = this.#file.columns.some((column) => column.field === 'status' || column.field === 'subscribed')
    return hasStatus && buckets.suppressed > 0
      ? { ...staged.warnings, status_ignored: buckets.suppressed }
      : staged.warnings
  }

  async #refuseManyLeavers(leavers: number): Promise<void> {
    if (leavers === 0 || this.#options.isForced) return
    const { list } = this.#options
    const { members } = await this.#ctx.db.read((tx) => getList(tx, list))
    if (leavers <= members * LEAVERS_SHARE_MAX) return
    throw new AppError(
      'import.removes_too_many',
      `replacing the list "${list}" would remove ${leavers} of its ${members} members`,
      {
        hint: 'Check the file, then confirm with --force.',
        details: { members, leavers },
      },
    )
  }

  async #begin(staged: Staged, stagingPath: string, nodeId: number): Promise<ImportRow> {
    return this.#ctx.db.write(async (tx) => {
      const now = await tx.now()
      if ((await countErased(tx)) !== this.#erased)
        throw new AppError('contact.busy', 'a person was erased while the file was read', {
          hint: 'Import it again: who was erased is left out then.',
        })
      const { id: listId } = await ensureList(tx, this.#options.list, now)
      const list = await lockList(tx, listId)
      await checkListIsFree(tx, list)
      const id = await insertImport(tx, {
        listId: list.id,
        status: 'applying',
        fileName: this.#file.fileName,
        fingerprint: this.#fingerprint,
        encoding: this.#file.encoding,
        delimiter: this.#file.delimiter,
        options: { ...readingOf(this.#options), columns: this.#file.columns },
        stagingPath,
        rows: staged.rows,
        duplicates: staged.duplicates,
        rejected: staged.rejected,
        suppressed: staged.erased,
        people: staged.people,
        warnings: staged.warnings,
        warningLines: staged.warningLines,
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
    if (resolve(path) === resolve(this.#options.path))
      throw new AppError('file.exists', `${path} is the file that is imported`, { hint: 'Choose another name.' })
    await using target = await RejectsFile.create(path, this.#file.columns, isForced ?? false)
    for (const reject of stagedCells(stagingPath)) {
      this.#refuseIfStopped()
      await target.add(reject)
    }
    await target.finish()
    return path
  }
}

// Imports that run in the service while a page or a program looks at them: a file into a list, an import taken back,
// numbers suppressed. The work itself is as safe as any import; only the view of its progress is lost with the process.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { AppError } from '../../domain/errors.ts'
import { type Pace, paceOf } from '../../domain/pace.ts'
import type { UploadRow } from '../../store/uploads.ts'
import { importSuppressions, type SuppressionImport, type SuppressOptions } from '../contacts/suppressions.ts'
import type { Context, OnProgress, Progress } from '../context.ts'
import { importCsv } from './import-csv.ts'
import { type ImportRequest, importOptionsOf } from './import-request.ts'
import { type ImportResult, interrupted, refusedResult } from './import-result.ts'
import { type ImportView, showImport } from './imports.ts'
import { undoImport } from './undo-import.ts'
import { deleteUpload, findUpload, refuseUnseen, rejectsPathOf } from './uploads.ts'

/** Ended ones are shown so long. */
const SHOWN_MS = 24 * 3_600_000
/** Imports at once; the next one waits for its turn at the database anyway. */
const IMPORTS_AT_ONCE = 3
/** People of each bucket shown by a dry run. */
const SAMPLE_SIZE = 5
/** Watchers of one import. */
const WATCHERS_MAX = 50
/** A watcher is told at most so often, but of a new step and of the end at once. */
const TELL_MS = 200

export type WatchedKind = 'import' | 'undo' | 'suppressions'

export interface WatchedImport {
  id: string
  userId: number
  kind: WatchedKind
  fileName: string
  list: string
  isDryRun: boolean
  /** What was asked, to ask it again another way; null for an undo or numbers to suppress. */
  request: ImportRequest | null
  state: 'running' | 'done' | 'failed'
  progress: Progress
  /** Of the step that the progress tells of; null while nobody can say. */
  pace: Pace | null
  /** Of an import; of a refused one too, when its lines were read. */
  result: ImportResult | null
  undone: ImportView | null
  suppressed: SuppressionImport | null
  /** Rejected lines of this reading, while the upload is kept. */
  rejectsPath: string | null
  error: AppError | null
  endedAt: number | null
}

export interface ImportWatcher {
  tell(watched: WatchedImport): void
  end(): void
}

type ImportFacts = Pick<WatchedImport, 'kind' | 'fileName' | 'list' | 'isDryRun' | 'request'>
type Work = (onProgress: OnProgress) => Promise<Partial<WatchedImport>>

export class WatchedImports {
  readonly #ctx: Context
  readonly #isSending: () => boolean
  readonly #imports = new Map<string, WatchedImport>()
  /** Work by what asked for it: asked again, it is joined. */
  readonly #asked = new Map<string, string>()
  readonly #watchers = new Map<string, Set<ImportWatcher>>()
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()

  /** `isSending`: whether messages are being sent, which get as much time as an import takes. */
  constructor(ctx: Context, isSending: () => boolean = () => false) {
    this.#ctx = ctx
    this.#isSending = isSending
  }

  /**
   * Reads an upload into a list, or tells what would happen. `after` is the import whose outcome led to this one: it leads
   * there once, however often it is asked. Throws AppError upload.not_found, import.too_many.
   */
  async startImport(userId: number, request: ImportRequest, after?: string): Promise<WatchedImport> {
    const key = after === undefined ? undefined : `${after} ${JSON.stringify(request)}`
    const known = this.#findAsked(userId, key)
    if (known !== undefined) return known
    const upload = await findUpload(this.#ctx, request.upload, userId)
    refuseUnseen(upload)
    const { fileName } = upload
    const facts = { kind: 'import', fileName, list: request.list, isDryRun: request.dryRun, request } as const
    const workOf = (id: string) => (onProgress: OnProgress) => this.#import(upload, { request, id }, onProgress)
    return this.#start(userId, { facts, key }, workOf)
  }

  async #import(
    upload: UploadRow,
    { request, id }: { request: ImportRequest; id: string },
    onProgress: OnProgress,
  ): Promise<Partial<WatchedImport>> {
    const result = await importCsv(this.#ctx, {
      ...importOptionsOf(request),
      path: upload.path,
      fileName: upload.fileName,
      rejectsPath: rejectsPathOf(upload, id),
      sampleSize: SAMPLE_SIZE,
      signal: this.#stop.signal,
      closing: this.#stop.signal,
      isSending: this.#isSending,
      onProgress,
    })
    const isStored = !request.dryRun && result.alreadyImported === undefined
    if (isStored) await deleteUpload(this.#ctx, upload)
    return { result, rejectsPath: isStored ? null : result.rejectsFile }
  }

  /** Takes an import back; asked again, it is joined. Throws AppError import.not_found, import.too_many. */
  async startUndo(userId: number, importId: string): Promise<WatchedImport> {
    const { id, fileName, list } = await showImport(this.#ctx, importId)
    const facts = { kind: 'undo', fileName, list, isDryRun: false, request: null } as const
    return this.#start(userId, { facts, key: `undo ${id}` }, () => async (onProgress) => ({
      undone: await undoImport(this.#ctx, id, { onProgress, closing: this.#stop.signal }),
    }))
  }

  /** Suppresses the numbers of an upload. Throws AppError upload.not_found, import.too_many. */
  async startSuppressions(
    userId: number,
    uploadId: string,
    options: SuppressOptions & { defaultCountry?: string | undefined },
  ): Promise<WatchedImport> {
    const upload = await findUpload(this.#ctx, uploadId, userId)
    const facts = {
      kind: 'suppressions',
      fileName: upload.fileName,
      list: '',
      isDryRun: false,
      request: null,
    } as const
    return this.#start(userId, { facts, key: undefined }, () => async (onProgress) => {
      const { path, fileName, bytes } = upload
      const file = { path, fileName, bytes, signal: this.#stop.signal, onProgress }
      const suppressed = await importSuppressions(this.#ctx, file, options)
      await deleteUpload(this.#ctx, upload)
      return { suppressed }
    })
  }

  #start(
    userId: number,
    { facts, key }: { facts: ImportFacts; key: string | undefined },
    workOf: (id: string) => Work,
  ): WatchedImport {
    this.#forgetOld()
    const known = this.#findAsked(userId, key)
    if (known !== undefined) return known
    if (this.#stop.signal.aborted) throw interrupted()
    if (this.#running.size >= IMPORTS_AT_ONCE)
      throw new AppError('import.too_many', `${IMPORTS_AT_ONCE} imports are running`, {
        hint: 'Wait until one of them is done.',
      })
    const watched: WatchedImport = {
      ...facts,
      id: randomBytes(12).toString('hex'),
      userId,
      state: 'running',
      progress: { done: 0, what: 'waiting' },
      pace: null,
      result: null,
      undone: null,
      suppressed: null,
      rejectsPath: null,
      error: null,
      endedAt: null,
    }
    this.#imports.set(watched.id, watched)
    if (key !== undefined) this.#asked.set(key, watched.id)
    const work = this.#run(watched, workOf(watched.id)).finally(() => this.#running.delete(work))
    this.#running.add(work)
    return watched
  }

  /** What failed may be asked anew. */
  #findAsked(userId: number, key: string | undefined): WatchedImport | undefined {
    const known = key === undefined ? undefined : this.#imports.get(this.#asked.get(key) ?? '')
    return known?.userId === userId && known.state !== 'failed' ? known : undefined
  }

  async #run(watched: WatchedImport, work: Work): Promise<void> {
    let toldAt = 0
    let step = { what: '', from: 0, startedAt: 0 }
    try {
      const outcome = await work((progress) => {
        const { what, done, total } = progress
        const now = this.#ctx.clock.monotonic()
        const isNewStep = what !== step.what
        if (isNewStep) step = { what, from: done, startedAt: now }
        watched.progress = progress
        watched.pace = paceOf({ from: step.from, elapsedMs: now - step.startedAt, done, total }) ?? null
        if (!isNewStep && now - toldAt < TELL_MS) return
        toldAt = now
        this.#tell(watched)
      })
      Object.assign(watched, outcome, { state: 'done' })
    } catch (error) {
      this.#fail(watched, error)
    }
    watched.endedAt = this.#ctx.clock.now()
    this.#tell(watched)
    for (const watcher of this.#watchers.get(watched.id) ?? []) watcher.end()
    this.#watchers.delete(watched.id)
  }

  #fail(watched: WatchedImport, error: unknown): void {
    watched.state = 'failed'
    watched.error = error instanceof AppError ? error : new AppError('fault', 'the import failed', { cause: error })
    watched.result = refusedResult(watched.error) ?? null
    // The caller knows the upload, not where its files are.
    if (watched.result !== null)
      watched.error = new AppError(watched.error.code, watched.error.message, {
        hint: 'Correct the rejected lines, or import the good lines with force.',
        cause: error,
      })
    watched.rejectsPath = watched.result?.rejectsFile ?? null
    if (!(error instanceof AppError)) this.#ctx.log.error({ err: error }, `import ${watched.id} failed`)
  }

  #tell(watched: WatchedImport): void {
    for (const watcher of this.#watchers.get(watched.id) ?? []) watcher.tell(watched)
  }

  /** Of this user; another one's is not there. */
  get(id: string, userId: number): WatchedImport {
    const watched = this.#imports.get(id)
    if (watched !== undefined && watched.userId === userId) {
      // The rejected lines go with their upload, by whomever it was imported or deleted.
      if (watched.rejectsPath !== null && !existsSync(watched.rejectsPath)) watched.rejectsPath = null
      return watched
    }
    throw new AppError('import.not_found', 'there is no such import under way', {
      hint: 'See the imports that were made.',
    })
  }

  /** The newest of this user that is like this. */
  newestOf(userId: number, isLike: (watched: WatchedImport) => boolean): WatchedImport | undefined {
    return [...this.#imports.values()].reverse().find((watched) => watched.userId === userId && isLike(watched))
  }

  /** Tells how it stands now and whenever it goes on, until the end or until the returned function is called. */
  watch(id: string, userId: number, watcher: ImportWatcher): () => void {
    const watched = this.get(id, userId)
    const watchers = this.#watchers.get(id) ?? new Set()
    if (watchers.size >= WATCHERS_MAX)
      throw new AppError('live.too_many_watchers', `${WATCHERS_MAX} look at this import already`, {
        hint: 'Reload the page instead.',
      })
    watcher.tell(watched)
    if (watched.state !== 'running') {
      watcher.end()
      return () => {}
    }
    this.#watchers.set(id, watchers.add(watcher))
    return () => watchers.delete(watcher)
  }

  #forgetOld(): void {
    const before = this.#ctx.clock.now() - SHOWN_MS
    for (const watched of this.#imports.values())
      if (watched.endedAt !== null && watched.endedAt < before) this.#imports.delete(watched.id)
    for (const [key, id] of this.#asked) if (!this.#imports.has(id)) this.#asked.delete(key)
  }

  /** Stops what runs, between two chunks: the next process continues an import that is being applied or taken back. */
  async close(): Promise<void> {
    this.#stop.abort()
    for (const watchers of this.#watchers.values()) for (const watcher of watchers) watcher.end()
    this.#watchers.clear()
    await Promise.allSettled(this.#running)
  }
}

// CSV files that we write: never over an existing file unasked, never through a link, cells neutralised.
import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { neutraliseCell } from '../domain/csv-cell.ts'
import { AppError } from '../domain/errors.ts'

export interface CsvFileOptions {
  isForced?: boolean
  /** Cells as they are, for programs. */
  isRaw?: boolean
}

/** One line of CSV with its line end. */
export function csvLine(cells: readonly (string | number | null)[], isRaw = false): string {
  const texts = cells.map((cell) =>
    cell === null ? '' : typeof cell === 'number' ? String(cell) : isRaw ? cell : neutraliseCell(cell),
  )
  return stringify([texts])
}

/** A file that is written line by line and removed again when it is not finished. */
export class CsvFile implements AsyncDisposable {
  readonly path: string
  readonly #handle: FileHandle
  readonly #isRaw: boolean
  #buffer = ''
  #isFinished = false

  private constructor(path: string, handle: FileHandle, isRaw: boolean) {
    this.path = path
    this.#handle = handle
    this.#isRaw = isRaw
  }

  /** Throws AppError file.exists for a file that is there already, a link included. */
  static async create(path: string, options: CsvFileOptions = {}): Promise<CsvFile> {
    return new CsvFile(path, await openNewFile(path, options.isForced ?? false), options.isRaw ?? false)
  }

  async add(cells: readonly (string | number | null)[]): Promise<void> {
    this.#buffer += csvLine(cells, this.#isRaw)
    if (this.#buffer.length > 64 * 1024) await this.#flush()
  }

  async finish(): Promise<void> {
    await this.#flush()
    this.#isFinished = true
  }

  async #flush(): Promise<void> {
    await this.#handle.write(this.#buffer)
    this.#buffer = ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
    if (!this.#isFinished) await rm(this.path, { force: true })
  }
}

/** Before any work is done for a file that cannot be written. Throws as openNewFile. */
export function checkNewFile(path: string, isForced = false): void {
  refuseTaken(path, isForced)
  const folder = dirname(path)
  const isThere = existsSync(path)
  if (!isThere && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new AppError('file.not_writable', `cannot write ${path}: there is no folder ${folder}`, {
      hint: 'Check the folder and its permissions.',
    })
  try {
    accessSync(isThere ? path : folder, constants.W_OK)
  } catch (error) {
    throw writeError(error, path)
  }
}

/** A name that is in use, whatever its folder is. */
export function refuseTaken(path: string, isForced = false): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory())
    throw new AppError('file.not_a_regular_file', `${path} is a folder`, { hint: 'Name a file.' })
  if (found !== undefined && !isForced) throw writeError({ code: 'EEXIST' }, path)
  if (found?.isSymbolicLink()) throw writeError({ code: 'ELOOP' }, path)
}

/** Throws AppError file.exists, file.not_a_regular_file, file.not_writable. */
export async function openNewFile(path: string, isForced: boolean): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants
  const flags = O_WRONLY | O_CREAT | (O_NOFOLLOW ?? 0) | (isForced ? O_TRUNC : O_EXCL)
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    throw writeError(error, path)
  }
}

function writeError(error: unknown, path: string): unknown {
  const { code } = error as { code?: string }
  if (code === 'EEXIST')
    return new AppError('file.exists', `${path} exists already`, {
      hint: 'Choose another name, or overwrite it with --force.',
    })
  if (code === 'ELOOP')
    return new AppError('file.not_a_regular_file', `${path} is a link; links are not written through`)
  return new AppError('file.not_writable', `cannot write ${path}`, {
    hint: 'Check the folder and its permissions.',
    cause: error,
  })
}

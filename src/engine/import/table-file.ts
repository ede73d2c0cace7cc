// What an import reads: a CSV as it is, or a sheet of a workbook as a CSV that is removed, or kept beside an upload.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../domain/errors.ts'
import { errorOfThread, startThread } from '../../runtime/thread.ts'
import type { Context } from '../context.ts'
import { interrupted } from './import-result.ts'
import { stagingFolder } from './left-over.ts'
import type { WorkbookFacts, WorkbookOptions } from './workbook.ts'
import type { WorkbookMessage } from './workbook-worker.ts'
import { tooLarge } from './zip-sizes.ts'

/** Memory of the thread beside what it unpacks. */
const HEAP_MB = 1_024

/** A sheet that was read as a CSV. */
export interface TableFile extends Disposable {
  path: string
  workbook?: WorkbookFacts
}

export interface TableOptions {
  path: string
  fileName: string
  sheet?: string | undefined
  signal?: AbortSignal | undefined
}

/** A name that no file can have is none either. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Whether a file begins as a ZIP does, and so every workbook. */
export function isZip(path: string): boolean {
  if (!isFile(path)) return false
  const head = Buffer.alloc(4)
  const file = openSync(path, 'r')
  try {
    readSync(file, head, 0, 4, 0)
  } finally {
    closeSync(file)
  }
  return head.toString('latin1') === 'PK\x03\x04'
}

function refuseSheet({ fileName, sheet }: TableOptions): void {
  if (sheet === undefined || sheet === '') return
  throw new AppError('csv.unknown_sheet', `${fileName} is no workbook and has no sheet "${sheet.slice(0, 60)}"`, {
    hint: 'Leave the sheet out.',
  })
}

/** Dispose removes what was made. Throws AppError csv.not_text, csv.workbook_too_large, csv.unknown_sheet, interrupted. */
export async function openTable(ctx: Context, options: TableOptions): Promise<TableFile> {
  const { path } = options
  if (!isZip(path)) {
    refuseSheet(options)
    return { path, [Symbol.dispose]: () => {} }
  }
  mkdirSync(stagingFolder(ctx), { recursive: true, mode: 0o700 })
  const target = join(stagingFolder(ctx), `${await ctx.node.id()}-${randomBytes(6).toString('hex')}.csv`)
  const remove = () => rmSync(target, { force: true })
  try {
    return { path: target, workbook: await convertInThread(options, target), [Symbol.dispose]: remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** Of an upload, which is looked at again and again: kept beside it, and deleted with it. */
export async function openKeptTable(options: TableOptions): Promise<Omit<TableFile, keyof Disposable>> {
  const { path, sheet = '' } = options
  if (!isZip(path)) {
    refuseSheet(options)
    return { path }
  }
  const target = `${path}-sheet-${Buffer.from(sheet).toString('hex').slice(0, 160)}.csv`
  const facts = `${target}.json`
  if (existsSync(facts)) return { path: target, workbook: JSON.parse(readFileSync(facts, 'utf8')) as WorkbookFacts }
  const made = `${target}.${randomBytes(6).toString('hex')}`
  const workbook = await convertInThread(options, made)
  // Two may look at it at once: each sees a whole file.
  renameSync(made, target)
  writeFileSync(facts, JSON.stringify(workbook), { mode: 0o600 })
  return { path: target, workbook }
}

function convertInThread({ path, fileName, sheet, signal }: TableOptions, target: string): Promise<WorkbookFacts> {
  const options: WorkbookOptions = { path, fileName, target, ...(sheet !== undefined && { sheet }) }
  const worker = startThread(import.meta.url, './workbook-worker', options, { maxOldGenerationSizeMb: HEAP_MB })
  const stop = () => void worker.terminate()
  signal?.addEventListener('abort', stop, { once: true })
  return new Promise<WorkbookFacts>((resolve, reject) => {
    worker.on('message', (message: WorkbookMessage) => {
      if ('facts' in message) resolve(message.facts)
      else reject(errorOfThread(message.error))
    })
    worker.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge(fileName) : error)
    })
    worker.on('exit', () => reject(interrupted()))
  }).finally(() => signal?.removeEventListener('abort', stop))
}

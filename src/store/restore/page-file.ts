// The pages of an SQLite file as they lie on the disk, with the newer ones of its log, read without SQLite: it refuses a whole
// file for one bad page, and to open a damaged log is to lose what is behind the damage.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const FILE_MAGIC = 'SQLite format 3\0'
const FILE_HEADER_BYTES = 100
/** SQLite's own default, which no program of ours changes: for a file whose first page is lost. */
const PAGE_BYTES = 4096
const LOG_MAGIC = 0x377f0682
const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

export class PageFile implements Disposable {
  readonly pageBytes: number
  /** Of a page, without what is reserved at its end. */
  readonly usableBytes: number
  readonly pageCount: number
  /** Something that was in the log is behind a part of it that is damaged: lost for SQLite. */
  readonly isLogTorn: boolean
  readonly #file: number
  readonly #log: Log | undefined

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    this.#log = openLog(`${path}-wal`)
    const header = readAt(this.#file, FILE_HEADER_BYTES, 0)
    const isKnown = header?.toString('latin1', 0, FILE_MAGIC.length) === FILE_MAGIC
    this.pageBytes = isKnown ? pageBytesOf(header) : (this.#log?.pageBytes ?? PAGE_BYTES)
    this.usableBytes = this.pageBytes - (isKnown ? (header[20] ?? 0) : 0)
    let pageCount = Math.floor(fstatSync(this.#file).size / this.pageBytes)
    for (const page of this.#log?.pages.keys() ?? []) pageCount = Math.max(pageCount, page)
    this.pageCount = pageCount
    this.isLogTorn = this.#log?.isTorn ?? false
  }

  /** Undefined behind the end of the file. Pages count from 1. */
  read(number: number): Buffer | undefined {
    if (!Number.isInteger(number) || number < 1 || number > this.pageCount) return undefined
    const at = this.#log?.pages.get(number)
    if (this.#log !== undefined && at !== undefined) return readAt(this.#log.file, this.pageBytes, at)
    return readAt(this.#file, this.pageBytes, (number - 1) * this.pageBytes)
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
    if (this.#log !== undefined) closeSync(this.#log.file)
  }
}

function pageBytesOf(header: Buffer): number {
  const bytes = header.readUInt16BE(16)
  return bytes === 1 ? 65_536 : bytes >= 512 ? bytes : PAGE_BYTES
}

/** Undefined where less than that can be read: behind the end, or on a bad sector. */
function readAt(file: number, bytes: number, at: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(bytes)
  try {
    return readSync(file, buffer, 0, bytes, at) === bytes ? buffer : undefined
  } catch {
    return undefined
  }
}

interface Log {
  file: number
  /** Undefined when its header is damaged. */
  pageBytes: number | undefined
  /** The newest frame of each page: where its content is. */
  pages: Map<number, number>
  isTorn: boolean
}

function openLog(path: string): Log | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return undefined
  }
  return readLog(file)
}

type Sums = readonly [number, number]

interface Frame {
  page: number
  isCommit: boolean
  /** Of this life of the log: older frames follow behind its end. */
  isOfThisLife: boolean
  sums: Sums
  /** What the sums are, counted on from the frame before. */
  counted: (before: Sums) => Sums
}

function readLog(file: number): Log {
  const header = readAt(file, LOG_HEADER_BYTES, 0)
  const pageBytes = header?.readUInt32BE(8) ?? 0
  if (header === undefined || (header.readUInt32BE(0) & ~1) !== LOG_MAGIC || pageBytes < 512 || pageBytes > 65_536)
    return { file, pageBytes: undefined, pages: new Map(), isTorn: fstatSync(file).size > 0 }
  return { file, pageBytes, ...readFrames(file, header, pageBytes) }
}

/**
 * Each frame has a sum that is counted on from the one before, so a frame is sound when both fit, whatever is further
 * back. What no transaction has ended is left out.
 */
function readFrames(file: number, header: Buffer, pageBytes: number): Pick<Log, 'pages' | 'isTorn'> {
  const pages = new Map<number, number>()
  let isTorn = false
  let isBroken = false
  let open = new Map<number, number>()
  let before: Sums | undefined = [header.readUInt32BE(24), header.readUInt32BE(28)]
  for (let at = LOG_HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageBytes) {
    const bytes = readAt(file, FRAME_HEADER_BYTES + pageBytes, at)
    if (bytes === undefined) return { pages, isTorn }
    const frame = readFrame(header, bytes)
    if (frame.isOfThisLife && before !== undefined && isSame(frame.counted(before), frame.sums)) {
      open.set(frame.page, at + FRAME_HEADER_BYTES)
      if (frame.isCommit) {
        isTorn ||= isBroken
        for (const [page, place] of open) pages.set(page, place)
        open = new Map()
      }
    } else isBroken = true
    before = frame.isOfThisLife ? frame.sums : undefined
  }
}

function readFrame(header: Buffer, bytes: Buffer): Frame {
  const isBigEndian = (header.readUInt32BE(0) & 1) === 1
  return {
    page: bytes.readUInt32BE(0),
    isCommit: bytes.readUInt32BE(4) > 0,
    isOfThisLife: bytes.compare(header, 16, 24, 8, 16) === 0,
    sums: [bytes.readUInt32BE(16), bytes.readUInt32BE(20)],
    counted: (before) =>
      sum(bytes.subarray(FRAME_HEADER_BYTES), sum(bytes.subarray(0, 8), before, isBigEndian), isBigEndian),
  }
}

function isSame(a: Sums, b: Sums): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

/** SQLite's sum of a log. */
function sum(bytes: Buffer, [first, second]: Sums, isBigEndian: boolean): Sums {
  let [a, b] = [first, second]
  const word = isBigEndian ? (at: number) => bytes.readUInt32BE(at) : (at: number) => bytes.readUInt32LE(at)
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + word(at) + b) >>> 0
    b = (b + word(at + 4) + a) >>> 0
  }
  return [a, b]
}

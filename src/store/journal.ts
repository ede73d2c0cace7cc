// A node's own record of its calls, beside its lock: which began, and what they came to. Written before the call goes out
// and when its answer is in, without waiting for the disk: what reached the kernel survives the death of the process, not
// the loss of power. So a node that was killed can be told from its journal what it never began and what was answered but
// not recorded; after a power cut, or without a journal, everything it had claimed is in doubt.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { type SendResult, shortenedResult } from '../domain/send-result.ts'
import { bootId } from './boot-id.ts'

/** Whose journal it is; a journal of another life of the machine, the node or the database proves nothing. */
export interface JournalOwner {
  nodeId: number
  startedAt: number
  /** Installation and epoch (store/incarnation.ts): after an unlock or a restore another process wrote it. */
  epoch: string
}

/** What a call came to, as far as the journal knows. */
export type JournalEntry =
  | { attemptId: number; startedAtUs: number }
  | { attemptId: number; startedAtUs: number; result: SendResult; endedAt: number }

/** A place of one call; no page boundary of the file system is within it, so that a kill leaves it whole. */
const PLACE_BYTES = 4096
/** Attempt, state, start, end, length of the result. */
const HEAD_BYTES = 40
const BEGUN = 1
const ANSWERED = 2

export class Journal {
  readonly #path: string
  readonly #fd: number
  readonly #buffer = Buffer.alloc(PLACE_BYTES)
  readonly #free: number[] = []
  readonly #placeOf = new Map<number, number>()
  #places = 0
  #isClosed = false

  constructor(path: string, owner: JournalOwner) {
    this.#path = path
    this.#fd = openSync(path, 'w', 0o600)
    this.#write(0, Buffer.from(headerOf(owner)))
  }

  /** A call is about to go out. Throws when that cannot be noted: then it must not. */
  begun(attemptId: number, startedAtUs: number): void {
    const place = this.#placeOf.get(attemptId) ?? this.#free.pop() ?? ++this.#places
    this.#placeOf.set(attemptId, place)
    this.#writeHead(attemptId, BEGUN, startedAtUs)
    this.#write(place, this.#buffer.subarray(0, HEAD_BYTES))
  }

  answered(attemptId: number, entry: { startedAtUs: number; result: SendResult; endedAt: number }): void {
    const place = this.#placeOf.get(attemptId)
    if (place === undefined || this.#isClosed) return
    this.#writeHead(attemptId, ANSWERED, entry.startedAtUs)
    this.#buffer.writeDoubleLE(entry.endedAt, 24)
    const length = this.#buffer.write(shortenedResult(entry.result, PLACE_BYTES - HEAD_BYTES), HEAD_BYTES)
    this.#buffer.writeUInt32LE(length, 32)
    this.#write(place, this.#buffer.subarray(0, HEAD_BYTES + length))
  }

  /** What the call came to is in the database: its place is free for another. */
  recorded(attemptId: number): void {
    const place = this.#placeOf.get(attemptId)
    if (place === undefined) return
    this.#placeOf.delete(attemptId)
    this.#free.push(place)
  }

  close(): void {
    this.#isClosed = true
    closeSync(this.#fd)
    // Whatever is not recorded yet is found here by the node that looks after this one.
    if (this.#placeOf.size === 0) removeJournal(this.#path)
  }

  #writeHead(attemptId: number, state: number, startedAtUs: number): void {
    this.#buffer.fill(0, 0, HEAD_BYTES)
    this.#buffer.writeDoubleLE(attemptId, 0)
    this.#buffer.writeUInt32LE(state, 8)
    this.#buffer.writeDoubleLE(startedAtUs, 16)
  }

  #write(place: number, bytes: Buffer): void {
    writeSync(this.#fd, bytes, 0, bytes.length, place * PLACE_BYTES)
  }
}

/** What a journal tells of its node's calls, by attempt; undefined when it is not there or proves nothing. */
export function readJournal(path: string, owner: JournalOwner): Map<number, JournalEntry> | undefined {
  const bytes = readWhole(path)
  const header = headerOf(owner)
  if (bytes === undefined || bytes.subarray(0, header.length).toString() !== header) return undefined
  return readEntries(bytes)
}

/** The newest call that a journal tells of, whatever became of its node, and the epoch that it was made in. */
export function newestCallOf(path: string): { epoch: string; attemptId: number } | undefined {
  const bytes = readWhole(path)
  const epoch = bytes?.subarray(0, PLACE_BYTES).toString().split('\n')[HEADER_EPOCH]
  if (bytes === undefined || epoch === undefined) return undefined
  const attemptId = Math.max(0, ...readEntries(bytes).keys())
  return { epoch, attemptId }
}

function readEntries(bytes: Buffer): Map<number, JournalEntry> {
  const entries = new Map<number, JournalEntry>()
  for (let at = PLACE_BYTES; at + HEAD_BYTES <= bytes.length; at += PLACE_BYTES) {
    const entry = readPlace(bytes.subarray(at, at + PLACE_BYTES))
    if (entry !== undefined) entries.set(entry.attemptId, entry)
  }
  return entries
}

function readPlace(place: Buffer): JournalEntry | undefined {
  const attemptId = place.readDoubleLE(0)
  const state = place.readUInt32LE(8)
  const startedAtUs = place.readDoubleLE(16)
  if (state === BEGUN) return { attemptId, startedAtUs }
  if (state !== ANSWERED) return undefined
  const text = place.subarray(HEAD_BYTES, HEAD_BYTES + place.readUInt32LE(32)).toString()
  try {
    return { attemptId, startedAtUs, endedAt: place.readDoubleLE(24), result: JSON.parse(text) as SendResult }
  } catch {
    // A file that was cut off: the call began, and its answer is lost.
    return { attemptId, startedAtUs }
  }
}

/** Everything that it can tell is in the database. */
export function removeJournal(path: string): void {
  rmSync(path, { force: true })
}

function readWhole(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Names the life of the machine: what a process wrote is there only as long as that lasts. */
function headerOf({ nodeId, startedAt, epoch }: JournalOwner): string {
  return `herald journal 2\n${bootId()}\n${nodeId}\n${startedAt}\n${epoch}\n`
}

/** The line of the header that names the epoch. */
const HEADER_EPOCH = 4

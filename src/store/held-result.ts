// What a call of a process that is gone came to, by the journal of that process.
import type { SendResult } from '../domain/send-result.ts'
import type { HeldMessage } from './attempts.ts'
import type { JournalEntry } from './journal.ts'
import type { Recorded } from './record.ts'

/** Undefined when there is none that proves anything. */
export type ReadJournal = ReadonlyMap<number, JournalEntry> | undefined

export function heldResult(
  message: HeldMessage,
  journal: ReadJournal,
  now: number,
): Recorded & { message: HeldMessage } {
  const entry = journal?.get(message.attemptId)
  if (entry !== undefined && 'result' in entry) return { message, ...entry }
  if (entry === undefined && journal !== undefined)
    return { message, result: { kind: 'not_started', error: null }, endedAt: now }
  return { message, result: lostResult, startedAtUs: entry?.startedAtUs, endedAt: now }
}

const lostResult: SendResult = {
  kind: 'unknown',
  error: {
    code: 'node_lost',
    text: 'the process ended before the answer',
    advice: 'Proof is being looked for.',
    httpStatus: null,
  },
}

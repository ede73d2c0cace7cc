// What an import asks and says, in the words of somebody who has a page before them and no terminal.
import type { GuessReason, PhoneQuestion } from '../engine/import/inspection.ts'

/** What an import is at, behind its numbers. */
export const stepWords: Record<string, string> = {
  waiting: 'It waits for its turn.',
  'bytes read': 'read',
  sorting: 'The file is read; its people are being sorted.',
  'people compared': 'people compared with the list',
  'people applied': 'people stored',
  'changes taken back': 'changes taken back',
}

export const guessWords: Record<GuessReason, string> = {
  name: 'its name says so',
  attribute: 'a field of the contact',
  rejects_file: 'Herald added this column to its file of rejected lines',
}

export const phoneQuestionWords: Record<Exclude<PhoneQuestion, null>, string> = {
  missing: 'No column is named like one for phones. Which one holds them?',
  ambiguous: 'Several columns are named like one for phones. Which one counts?',
}

/** Encodings that a file cannot tell by itself. */
export const encodings = [
  ['', 'recognise it'],
  ['utf-8', 'UTF-8'],
  ['windows-1252', 'Windows-1252 (western Europe)'],
  ['windows-1250', 'Windows-1250 (central Europe)'],
  ['windows-1251', 'Windows-1251 (Cyrillic)'],
  ['windows-1253', 'Windows-1253 (Greek)'],
  ['windows-1254', 'Windows-1254 (Turkish)'],
  ['windows-1255', 'Windows-1255 (Hebrew)'],
  ['windows-1256', 'Windows-1256 (Arabic)'],
  ['windows-1257', 'Windows-1257 (Baltic)'],
  ['windows-1258', 'Windows-1258 (Vietnamese)'],
  ['windows-874', 'Windows-874 (Thai)'],
  ['macintosh', 'Mac OS Roman'],
  ['utf-16le', 'UTF-16'],
  ['shift_jis', 'Shift JIS (Japanese)'],
  ['gb18030', 'GB 18030 (Chinese)'],
  ['big5', 'Big5 (Chinese)'],
  ['euc-kr', 'EUC-KR (Korean)'],
] as const

export const delimiterWords: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

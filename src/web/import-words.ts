// What an import asks and says, in words for readers of a page, who have no terminal.
import type { RejectCode } from '../domain/errors.ts'
import { rejectHint } from '../domain/phone.ts'
import type { ImportView } from '../engine/import/imports.ts'
import type { GuessReason, PhoneQuestion } from '../engine/import/inspection.ts'

/** Where an import stands. */
/** What is said after an import was taken back. */
export function takenBackText(stayed: number): string {
  if (stayed === 0) return 'The import was taken back.'
  const who = stayed === 1 ? '1 person stays' : `${stayed} people stay`
  return `The import was taken back. ${who} in the list: another import names them too.`
}

export const importStatusWords: Record<ImportView['status'], string> = {
  staging: 'being read',
  applying: 'being stored',
  applied: 'imported',
  undoing: 'being taken back',
  undone: 'taken back',
  dropped: 'given up',
}

/** What is wrong with a line, behind the number of such lines. */
export const rejectWords: Record<RejectCode, string> = {
  'phone.missing': 'without a number',
  'phone.no_country': 'with a number that names no country',
  'phone.ambiguous': 'with a number that can be read in two ways',
  'phone.scientific': 'with a number that a spreadsheet shortened',
  'phone.decimal': 'with a number that a spreadsheet made a decimal of',
  'phone.too_short': 'with too few digits',
  'phone.too_long': 'with too many digits',
  'phone.invalid': 'with a number that does not exist',
  'phone.invalid_prefix': 'with a number that begins wrongly',
  'phone.invalid_character': 'with characters that no number has',
  'phone.multiple': 'with two numbers in one cell',
  'phone.emergency': 'with an emergency number',
  'phone.type_not_reachable': 'with a number that WhatsApp cannot be on',
  'phone.landline': 'with a landline',
  'phone.legacy_format': 'with a number in an old form',
  'phone.looks_like_wa_id': 'with a WhatsApp id instead of a number',
  'field.control_character': 'with an invisible character',
  'field.too_long': 'with a cell that is too long',
  'field.invalid_unicode': 'with a text that is broken',
  'csv.column_count': 'with more or fewer cells than the header',
  'consent.unclear': 'whose consent is neither yes nor no',
  'date.invalid': 'with a date that is none',
  'date.ambiguous': 'with a date that can be read in two ways',
}

/** What to do about a line, by the names that the fields of the page have; a file of numbers alone has no choices. */
export function rejectAdvice(code: RejectCode, hasChoices = true): string {
  if (code === 'phone.no_country' && !hasChoices) return 'Write the number with + and its calling code (+49…).'
  if (code === 'phone.no_country')
    return 'Write the number with + and its calling code (+49…), choose the country of numbers without a calling code, or tick that numbers without + are complete.'
  return rejectHint(code)
}

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
  export: 'Herald added this column to an export: who is suppressed in it stays so',
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
  ['maccenteuro', 'Mac OS, central Europe'],
  ['macturkish', 'Mac OS, Turkish'],
  ['cp850', 'DOS 850 (western Europe)'],
  ['cp852', 'DOS 852 (central Europe)'],
  ['cp857', 'DOS 857 (Turkish)'],
  ['cp775', 'DOS 775 (Baltic)'],
  ['ibm866', 'DOS 866 (Cyrillic)'],
  ['koi8-r', 'KOI8-R (Cyrillic)'],
  ['utf-16le', 'UTF-16'],
  ['shift_jis', 'Shift JIS (Japanese)'],
  ['gb18030', 'GB 18030 (Chinese)'],
  ['big5', 'Big5 (Chinese)'],
  ['euc-kr', 'EUC-KR (Korean)'],
] as const

/** The name of an encoding in words, for people who do not know its label. */
export function encodingWords(label: string): string {
  return encodings.find(([known]) => known === label)?.[1] ?? label
}

export const delimiterWords: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

// What a ZIP says that it is inside: what is too large is refused before a byte of it is unpacked, and what is no workbook is named by
// its parts. The reader of workbooks unpacks no more of a part than is said here.
import { AppError } from '../../domain/errors.ts'

const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const END_LENGTH = 22
const COMMENT_MAX = 0xffff
const ENTRY_LENGTH = 46
/** In place of a size that does not fit: the part has more than 4 GiB. */
const BEYOND = 0xffffffff
/** Workbooks are packed to a tenth, very even ones to a hundredth: more is made to fill the memory. */
const PACKED_TIMES_MAX = 200
/** Below it nothing is filled. */
const HARMLESS_BYTES = 64 * 1024 ** 2

/** Files that are a ZIP, by a part that only they have. */
const kinds: [RegExp, string][] = [
  [/^xl\/workbook\.bin$/i, 'a binary workbook (XLSB)'],
  [/^Index\/Document\.iwa$|^Index\.zip$/, 'a document of Numbers or Pages'],
  [/^word\/document\.xml$/i, 'a Word document'],
  [/^ppt\/presentation\.xml$/i, 'a presentation'],
  [/^content\.xml$/, 'an OpenDocument file (ODS)'],
]
/** What is packed into a ZIP to be sent. */
const PACKED_TABLE = /\.(?:csv|tsv|txt|xlsx|xlsm|xls)$/i

/** The sum of all parts, unpacked. Throws AppError csv.not_text for what is no ZIP, csv.workbook_too_large. */
export function unpackedBytes(zip: Buffer, fileName: string): number {
  const end = endOf(zip)
  if (end === undefined) throw notAWorkbook(fileName)
  let at = zip.readUInt32LE(end + 16)
  let sum = 0
  const names: string[] = []
  for (let entry = zip.readUInt16LE(end + 10); entry > 0; entry--) {
    if (at + ENTRY_LENGTH > zip.length || zip.readUInt32LE(at) !== ENTRY_SIGNATURE) throw notAWorkbook(fileName)
    const size = zip.readUInt32LE(at + 24)
    if (size === BEYOND) throw tooLarge(fileName)
    sum += size
    names.push(zip.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + zip.readUInt16LE(at + 28)))
    at += ENTRY_LENGTH + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  refuseOtherZips(names, fileName)
  if (sum > HARMLESS_BYTES && sum > zip.length * PACKED_TIMES_MAX) throw tooLarge(fileName)
  return sum
}

function refuseOtherZips(names: readonly string[], fileName: string): void {
  const kind = kinds.find(([part]) => names.some((name) => part.test(name)))?.[1]
  if (kind !== undefined)
    throw new AppError('csv.not_text', `${fileName} is ${kind}, no workbook that can be read`, {
      hint: 'Open it in the program that made it, and save it as XLSX or as CSV UTF-8.',
    })
  const packed = names.includes('[Content_Types].xml') ? undefined : names.find((name) => PACKED_TABLE.test(name))
  if (packed !== undefined)
    throw new AppError('csv.not_text', `${fileName} is a ZIP file with "${packed.slice(0, 100)}" in it`, {
      hint: 'Unpack it, then import the file that was in it.',
    })
}

function endOf(zip: Buffer): number | undefined {
  for (let at = zip.length - END_LENGTH; at >= Math.max(0, zip.length - END_LENGTH - COMMENT_MAX); at--)
    if (zip.readUInt32LE(at) === END_SIGNATURE) return at
  return undefined
}

export function notAWorkbook(fileName: string, cause?: unknown): AppError {
  return new AppError('csv.not_text', `${fileName} is an Excel or ZIP file that cannot be read as a workbook`, {
    hint: 'Open it in a spreadsheet and save it as XLSX or as CSV UTF-8.',
    ...(cause !== undefined && { cause }),
  })
}

export function tooLarge(fileName: string): AppError {
  return new AppError('csv.workbook_too_large', `${fileName} is too large for a workbook`, {
    hint: 'Save its sheet as CSV UTF-8: a CSV may have any size.',
  })
}

// Which kinds of files an import takes, by the type that the sender declares. What is inside is looked at later.
import { AppError } from '../../domain/errors.ts'

const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
/** Types of a request that is a file. */
const bodyTypes: readonly string[] = ['text/csv', 'text/tab-separated-values', WORKBOOK, 'application/octet-stream']
/** Browsers declare a file in a form by its name and by what is installed: a CSV is one of Excel on many machines. */
const partTypes: readonly string[] = [...bodyTypes, 'text/plain', 'application/csv', 'application/vnd.ms-excel', '']

function mediaTypeOf(declared: string): string {
  return declared.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Whether a request with this Content-Type is a file and nothing else. */
export function isTableFile(contentType: string): boolean {
  return bodyTypes.includes(mediaTypeOf(contentType))
}

/** Throws AppError request.not_a_table for a file of a form that is declared as a picture, a page, an archive … */
export function refuseOtherFile(declared: string): void {
  if (!partTypes.includes(mediaTypeOf(declared))) throw notATable(declared)
}

export function notATable(declared: string): AppError {
  return new AppError('request.not_a_table', `"${declared.slice(0, 60)}" is not the type of a CSV or a workbook`, {
    hint: 'Send a CSV as text/csv, a workbook as application/octet-stream, or a form with one of them.',
  })
}

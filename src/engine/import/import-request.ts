// What a request to import an upload says: the same words for programs and for the pages' forms.
import { z } from 'zod'
import { countryProblem } from '../../domain/country-name.ts'
import { AppError } from '../../domain/errors.ts'
import { givenName } from '../../domain/given-name.ts'
import { type DeclaredForm, declaredForms, readDateForm, readNumberForm } from '../../domain/local-form.ts'
import { namePattern } from '../../domain/name.ts'
import { isCountry } from '../../domain/numbering-plan.ts'
import type { ImportOptions } from './import-csv.ts'

export const countrySchema = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isCountry, { error: ({ input }) => countryProblem(String(input)) })

/** A form is refused beside its field, before anything is read. */
function tellUnknownForm(text: string, read: (declared: DeclaredForm) => unknown, ctx: z.RefinementCtx): void {
  for (const declared of declaredForms(text)) {
    try {
      read(declared)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ctx.addIssue({ code: 'custom', message: `${error.message}. ${error.hint ?? ''}` })
    }
  }
}

export const importRequestSchema = z.strictObject({
  upload: z.string().max(40).describe('id of the uploaded file'),
  list: givenName()
    .regex(namePattern, 'has 1 to 100 letters, digits, spaces, dots, - and _')
    .describe('name of the list, 1 to 100 letters, digits, spaces, dots, - and _; made when it is missing'),
  mapping: z
    .record(z.string().max(500), z.string().max(500))
    .default({})
    .describe('column → phone, zone, consent, opt_out, a field name, field:date, or - to leave it out'),
  mode: z
    .enum(['upsert', 'replace'])
    .default('upsert')
    .describe('replace also removes members that the file does not name'),
  onDuplicate: z.enum(['first', 'last']).default('first').describe('which line of one person counts'),
  defaultCountry: countrySchema.optional().describe('country of numbers written without calling code'),
  international: z.boolean().default(false).describe('digits without + are complete international numbers'),
  rejectLandline: z.boolean().default(false).describe('landline numbers are rejected'),
  groups: z.boolean().default(false).describe('the phone column holds ids of groups'),
  overwriteBlanks: z.boolean().default(false).describe('a blank cell clears the stored value'),
  strictColumns: z
    .boolean()
    .default(false)
    .describe('a line with fewer cells than the header is rejected; else its missing cells at the end are blank'),
  dateOrder: z.enum(['dmy', 'mdy', 'ymd']).optional().describe('order of day, month and year in date columns'),
  dates: z
    .string()
    .max(1000)
    .superRefine((text, ctx) => tellUnknownForm(text, readDateForm, ctx))
    .optional()
    .describe('form of dates in the file: DD.MM.YYYY, or of columns: since=DD.MM.YYYY; born=MM/DD/YYYY'),
  numbers: z
    .string()
    .max(1000)
    .superRefine((text, ctx) => tellUnknownForm(text, readNumberForm, ctx))
    .optional()
    .describe('1234.56 as columns of the file write it: spent=1.234,56; points=1,234.56'),
  encoding: z.string().min(1).max(40).optional().describe('encoding of the file when it cannot be recognised'),
  sheet: z.string().min(1).max(100).optional().describe('sheet of a workbook; the first one when it is left out'),
  header: z.boolean().default(true).describe('false: the first line is data; columns are column_1, column_2 …'),
  dryRun: z.boolean().default(false).describe('show what would happen and store nothing'),
  force: z
    .boolean()
    .default(false)
    .describe('import although it was imported before, more than 25 % is rejected, or replace removes many'),
})
export type ImportRequest = z.infer<typeof importRequestSchema>

/** The options of the import, without the file. */
export function importOptionsOf(request: ImportRequest): Omit<ImportOptions, 'path' | 'fileName'> {
  const { defaultCountry, dateOrder, dates, numbers, encoding, sheet } = request
  return {
    list: request.list,
    mapping: request.mapping,
    mode: request.mode,
    onDuplicate: request.onDuplicate,
    isInternational: request.international,
    rejectLandline: request.rejectLandline,
    isGroups: request.groups,
    overwriteBlanks: request.overwriteBlanks,
    strictColumns: request.strictColumns,
    hasNoHeader: !request.header,
    isDryRun: request.dryRun,
    isForced: request.force,
    ...(defaultCountry !== undefined && { defaultCountry }),
    ...(dateOrder !== undefined && { dateOrder }),
    ...(dates && { dates }),
    ...(numbers && { numbers }),
    ...(encoding !== undefined && { encoding }),
    ...(sheet !== undefined && { sheet }),
  }
}

// Columns that an export of people has beside their fields, and what an import reads from them.
import { fieldName } from './name.ts'
import { type Suppression, suppressionReasons, suppressionScopes } from './suppression.ts'

export const LISTS_COLUMN = 'herald_lists'
export const SUPPRESSED_COLUMN = 'herald_suppressed'

export function isExportedColumn(name: string): boolean {
  return [LISTS_COLUMN, SUPPRESSED_COLUMN].includes(fieldName(name))
}

/** `all:opted_out; marketing:blocked` */
export function writeSuppressions(suppressions: readonly Suppression[]): string {
  return suppressions.map(({ scope, reason }) => `${scope}:${reason}`).join('; ')
}

/** What a cell says of whom must not be messaged; a text of another program stops every message, because it may mean so. */
export function readSuppressions(cell: string): Suppression[] {
  const words = cell.split(/[;,]/).map((word) => word.trim().toLowerCase())
  return words.filter((word) => word !== '' && word !== 'no').map(readSuppression)
}

function readSuppression(word: string): Suppression {
  const [first, second] = word.split(':')
  return {
    scope: suppressionScopes.find((scope) => scope === first) ?? 'all',
    reason: suppressionReasons.find((reason) => reason === second && reason !== 'erased') ?? 'blocked',
  }
}

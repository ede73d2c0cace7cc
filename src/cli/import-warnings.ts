// The warnings of an import, as the command that makes it and the one that shows it later print them.
import { type ImportResult, warningWords } from '../engine/import/import-result.ts'
import type { Output } from './output.ts'

/** Lines of a warning that are named. */
const LINES_NAMED = 20
/** Lines of a warning that are shown with what they hold. */
const LINES_SHOWN = 5

/** Each warning with its lines, and of the first of them what is there. */
export function showWarnings(
  output: Output,
  {
    warnings,
    warningLines,
    warned = [],
  }: Pick<ImportResult, 'warnings' | 'warningLines'> & Partial<Pick<ImportResult, 'warned'>>,
): void {
  for (const [name, count] of Object.entries(warnings)) {
    const lines = warningLines[name]?.slice(0, LINES_NAMED) ?? []
    const places = lines.length === 0 ? '' : ` (line ${lines.join(', ')}${count > lines.length ? ' …' : ''})`
    output.line(output.colors.yellow(`${count} × ${warningWords[name] ?? name}${places}`))
    const shown = warned.filter(({ warning, detail }) => warning === name && detail !== '')
    for (const { line, detail } of shown.slice(0, LINES_SHOWN)) output.line(`  line ${line}: ${detail}`)
  }
}
